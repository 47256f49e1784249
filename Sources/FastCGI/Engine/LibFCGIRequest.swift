import CFastCGI
import Glibc

/// libfcgi, used in the one safe way: only for a request that the gate has found complete, on a descriptor that
/// this engine has accepted and closes itself. No other file uses libfcgi.
///
/// One per event loop, reused. Not thread-safe.
final class LibFCGIRequest {
  /// The result of an exchange, and who owns the descriptor now.
  enum Outcome {
    /// Answered completely; the engine owns the descriptor again.
    case answered
    /// Not answered: these records must be sent. The engine owns the descriptor again.
    case long([UInt8])
    /// Not answered: the function makes the records to send. The engine owns the descriptor again.
    case later(@Sendable () -> [UInt8])
    /// Not answered; the engine owns the descriptor and must close it.
    case failed
    /// libfcgi has closed the descriptor; its number may already be reused.
    case closed
  }

  /// The most bytes libfcgi reads at once: a request of this length takes one read(2).
  static let readLength = Int(BEARERD_STREAM_BUFFER)
  /// The longest response that one write(2) sends together with the records that end it.
  static let maximumResponse = 8000

  // FCGX_Request must not move: its streams point back at it. Allocated here, freed in deinit.
  private let request: UnsafeMutablePointer<FCGX_Request>
  private let discarded = UnsafeMutablePointer<CChar>.allocate(capacity: discardLength)
  private static let discardLength = 4096

  /// Sends one request through libfcgi before any other, to reject a version that does not work as expected.
  init() throws(LibFCGIUnavailable) {
    let code = LibFCGIRequest.initialized
    guard code == 0 else { throw LibFCGIUnavailable("FCGX_Init returned \(code)") }
    request = .allocate(capacity: 1)
    FCGX_InitRequest(request, -1, 0)
    try test()
  }

  deinit {
    request.deallocate()
    discarded.deallocate()
  }

  /// The result of FCGX_Init, called once: two concurrent calls would both initialize.
  ///
  /// It installs handlers for SIGPIPE, SIGTERM and SIGUSR1 if there are none; the previous ones are restored.
  private static let initialized: Int32 = {
    let signals = [SIGPIPE, SIGTERM, SIGUSR1]
    var actions = signals.map { _ in sigaction() }
    for (index, signal) in signals.enumerated() { sigaction(signal, nil, &actions[index]) }
    defer { for (index, signal) in signals.enumerated() { sigaction(signal, &actions[index], nil) } }
    return FCGX_Init()
  }()

  /// Parses the request on `descriptor`, lets `respond` write the response and sends it.
  /// - Parameter length: the length of the request; libfcgi reads no more.
  func exchange(
    on descriptor: Int32, role: Role, length: Int, parameters: borrowing Parameters, response: Response,
    respond: () -> Void
  ) -> Outcome {
    request.pointee.ipcFd = descriptor
    // Without `keepConnection` Accept_r first closes the descriptor; without `detached` a close reads from the
    // peer, without limit.
    request.pointee.keepConnection = 1
    request.pointee.detached = 1
    guard FCGX_Accept_r(request) == 0 else {
      request.pointee.ipcFd = -1
      return .closed
    }
    // 0 does not mean that PARAMS is complete: an error between two pairs ends them silently.
    guard let input = request.pointee.in, FCGX_GetError(input) == 0, !Fault.strikes(.parsed)
    else { return abandon(length) }
    takeParameters(into: parameters)
    guard !Fault.strikes(.parameters), role == .authorizer || discardBody(input) else {
      return abandon(length)
    }
    respond()
    if let make = response.make { return postpone(make, length) }
    if response.count > LibFCGIRequest.maximumResponse { return postpone(response, length) }
    guard !Fault.strikes(.decided), !Fault.cuts(response, of: request.pointee.requestId, on: descriptor),
      send(response), !Fault.strikes(.put)
    else { return abandon(length) }
    bearerd_wipe_stream(input, length)
    request.pointee.keepConnection = 1
    FCGX_Finish_r(request)
    defer { request.pointee.ipcFd = -1 }
    return request.pointee.ipcFd == descriptor ? .answered : .closed
  }

  /// Frees the request without FCGX_Finish_r, which would send END_REQUEST without a status: lighttpd allows a
  /// request on that.
  private func abandon(_ length: Int) -> Outcome {
    if let input = request.pointee.in { bearerd_wipe_stream(input, length) }
    FCGX_Free(request, 0)
    request.pointee.ipcFd = -1
    return .failed
  }

  /// Returns a response to the engine that libfcgi would send in several writes, which may block.
  private func postpone(_ response: Response, _ length: Int) -> Outcome {
    let id = UInt16(truncatingIfNeeded: request.pointee.requestId)
    _ = abandon(length)
    return .long(ResponseRecords.bytes(of: response.bytes, requestID: id))
  }

  /// Returns a response that another thread prepares.
  private func postpone(_ make: @escaping @Sendable () -> [UInt8], _ length: Int) -> Outcome {
    let id = UInt16(truncatingIfNeeded: request.pointee.requestId)
    _ = abandon(length)
    return .later { ResponseRecords.bytes(of: make(), requestID: id) }
  }

  /// Copies the parameters from libfcgi's environment and overwrites the whole environment.
  private func takeParameters(into parameters: borrowing Parameters) {
    guard var entry = request.pointee.envp else { return }
    // libfcgi owns the strings until FCGX_Finish_r or FCGX_Free; the array ends with a null pointer.
    while let text = entry.pointee {
      let length = strlen(text)
      if let equals = memchr(text, Int32(UInt8(ascii: "=")), length) {
        let nameLength = UnsafeRawPointer(equals) - UnsafeRawPointer(text)
        // The bytes of a C string, as UInt8.
        let bytes = UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
        let value = UnsafeBufferPointer(start: bytes + nameLength + 1, count: length - nameLength - 1)
        parameters.keep(UnsafeBufferPointer(start: bytes, count: nameLength).span, value.span)
      }
      explicit_bzero(text, length)
      entry += 1
    }
  }

  /// Reads STDIN to its end, which a kept connection requires; whether there was no error.
  private func discardBody(_ input: UnsafeMutablePointer<FCGX_Stream>) -> Bool {
    let length = Int32(LibFCGIRequest.discardLength)
    while FCGX_GetStr(discarded, length, input) == length {}
    return FCGX_GetError(input) == 0
  }

  /// Writes the whole response into libfcgi's buffer; FCGX_Finish_r then sends it in one write.
  private func send(_ response: Response) -> Bool {
    guard response.count > 0 else { return false }
    return response.withBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        FCGX_PutStr($0.baseAddress, Int32($0.count), request.pointee.out) == Int32($0.count)
      }
    }
  }

  /// Checks that libfcgi answers a request as expected, and that its buffer is where `bearerd_wipe_stream`
  /// overwrites it.
  private func test() throws(LibFCGIUnavailable) {
    guard let (outer, inner) = Socket.pair() else { throw LibFCGIUnavailable("\(SystemError("socketpair"))") }
    defer {
      close(outer)
      close(inner)
    }
    let names = ParameterNames(["NAME"])
    let parameters = Parameters(names: names)
    let response = Response()
    let message = RequestMessage(parameters: [("NAME", Array("value".utf8))]).bytes
    guard Socket.send(outer, message.span) else { throw LibFCGIUnavailable("\(SystemError("send"))") }
    var isKnown = false
    let outcome = exchange(
      on: inner, role: .responder, length: message.count, parameters: parameters, response: response
    ) {
      let value = parameters.withValue(at: 0) { $0.count == 5 && $0.begins(with: "value", count: 5) }
      isKnown = value == true && bearerd_knows_stream(request.pointee.in, message, message.count) != 0
      response.append("Status: 200 OK\r\n\r\n")
    }
    var received = [UInt8](repeating: 0, count: 256)
    let count = Socket.receive(outer, into: &received)
    let content = received.prefix(max(0, count)).dropFirst(RecordHeader.length).prefix(response.count)
    guard case .answered = outcome, isKnown, content.elementsEqual(response.bytes) else {
      throw LibFCGIUnavailable.unexpected
    }
  }
}

/// libfcgi cannot be used.
package struct LibFCGIUnavailable: Error, CustomStringConvertible {
  /// The reason, and the fix.
  package let description: String

  static let unexpected = LibFCGIUnavailable("it does not handle a request as bearerd expects")

  init(_ reason: String) {
    description =
      "cannot use libfcgi: \(reason); install the version of libfcgi0ldbl that bearerd was built with"
  }
}
