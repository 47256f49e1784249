import CLinux
import Glibc

/// One request at a time, from bytes to the response: the gate's verdict, libfcgi's parameters, the responder.
final class Exchange {
  /// A whole request in a peer's socket must fit here to be read by libfcgi directly.
  static let peekLength = LibFCGIRequest.readLength

  let names: ParameterNames
  let responder: any Responder
  private let request: LibFCGIRequest
  private let parameters: Parameters
  private let response = Response()
  private var bridge: LibFCGIBridge?
  /// The bytes of a peek; overwritten after each.
  private let visible = UnsafeMutablePointer<UInt8>.allocate(capacity: Exchange.peekLength)
  private var window: UnsafeMutableRawBufferPointer { .init(start: visible, count: Exchange.peekLength) }

  init(names: ParameterNames, responder: any Responder) throws {
    self.names = ParameterNames(names.names)
    self.responder = responder
    request = try LibFCGIRequest()
    parameters = Parameters(names: self.names)
  }

  deinit { visible.deallocate() }

  /// What a connection holds from which nothing was taken yet.
  enum PeekResult {
    /// Nothing is there yet.
    case nothing
    /// One whole request that libfcgi can read in one go.
    case whole(Gate.Request)
    /// More has to come, or what is there has to be taken in parts.
    case partial
    /// No request that we take part in: close, without a response.
    case rejected(Rejection)
    /// The peer is gone.
    case ended
  }

  /// Peeks at what waits on `descriptor`, and takes nothing. `gate` has seen it then, and must not be used again.
  func peek(at descriptor: Int32, gate: inout Gate) -> PeekResult {
    let count = Socket.receive(descriptor, into: window, peek: true)
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended }
    defer { explicit_bzero(visible, count) }
    switch gate.examine(UnsafeBufferPointer(start: visible, count: count).span) {
    case .complete(let request): return request.length == count ? .whole(request) : .partial
    case .refuse(let rejection): return .rejected(rejection)
    case .incomplete, .management, .late: return .partial
    }
  }

  /// Takes what waits on `descriptor` and appends it; the count as recv(2) gives it.
  func take(from descriptor: Int32, into received: inout [UInt8]) -> Int {
    let count = Socket.receive(descriptor, into: window)
    if count > 0 {
      received.appendTracelessly(UnsafeBufferPointer(start: visible, count: count))
      explicit_bzero(visible, count)
    }
    return count
  }

  /// Answers a whole request that waits on `descriptor`, unread.
  func answer(_ whole: Gate.Request, on descriptor: Int32) -> LibFCGIRequest.Outcome {
    defer { parameters.removeAll() }
    response.removeAll()
    return request.exchange(
      on: descriptor, role: whole.role, length: whole.length, parameters: parameters, response: response
    ) { responder.respond(to: parameters, role: whole.role, in: response) }
  }

  /// Answers a whole request that was taken in parts. The descriptor is the caller's in any case.
  func answer(_ whole: Gate.Request, in received: [UInt8], on descriptor: Int32) -> LibFCGIRequest.Outcome {
    guard let bridge = bridge ?? (try? LibFCGIBridge()) else { return .failed }
    // Kept for the next one only after a clean end: what an earlier request left in it must never be read.
    self.bridge = nil
    guard bridge.put(whole, of: received) else { return .failed }
    let outcome = answer(whole, on: bridge.inner)
    switch outcome {
    case .answered:
      self.bridge = bridge
      return bridge.passResponse(to: descriptor) ? .answered : .failed
    case .long, .later, .failed:
      return outcome
    case .closed:
      bridge.innerWasClosed()
      return .failed
    }
  }
}

/// Shows libfcgi a request that came in parts, or in more than one read.
///
/// libfcgi blocks if bytes are missing, so it never reads from such a peer: the whole head is put into a
/// socket of our own first, and the response is taken out of it.
private final class LibFCGIBridge {
  /// What libfcgi reads from and writes to.
  private(set) var inner: Int32
  private let outer: Int32
  private var response = [UInt8](repeating: 0, count: 16 * 1024)

  init() throws(SystemError) {
    guard let (outer, inner) = Socket.pair() else { throw SystemError("socketpair") }
    self.outer = outer
    self.inner = inner
    // The kernel doubles it: room for the longest head that the gate lets pass, with the kernel's own share.
    Socket.setOption(outer, SOL_SOCKET, SO_SNDBUF, Int32(2 * Gate.maximumHead))
  }

  deinit {
    if inner >= 0 { close(inner) }
    close(outer)
  }

  /// Puts in what libfcgi is to read. A Responder's body is not part of it: it is replaced by an empty one.
  func put(_ request: Gate.Request, of received: [UInt8]) -> Bool {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(request.headLength + RecordHeader.length)
    bytes += received[..<request.headLength]
    defer { bytes.wipe() }
    if request.role == .responder {
      bytes += RecordHeader(type: RecordType.stdin, requestID: request.id, contentLength: 0).bytes
    }
    return Socket.send(outer, bytes.span)
  }

  /// Sends libfcgi's response to `descriptor`, whole or not at all.
  func passResponse(to descriptor: Int32) -> Bool {
    let count = Socket.receive(outer, into: &response)
    guard count > 0, count < response.count else { return false }
    let response = response
    return Socket.send(descriptor, response.span, count: count)
  }

  /// libfcgi has closed its end: the number may be another file's by now, so it must not be closed again.
  func innerWasClosed() { inner = -1 }
}
