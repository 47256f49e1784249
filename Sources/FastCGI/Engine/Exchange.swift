import CLinux
import Glibc

/// Turns the bytes of one request into a response: the gate, libfcgi's parameters, the responder. One request
/// at a time.
final class Exchange {
  /// A complete request in a socket must fit here to be read by libfcgi directly.
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

  /// The state of a connection from which nothing was read yet.
  enum PeekResult {
    /// Nothing has arrived.
    case nothing
    /// One complete request that libfcgi can read in one call.
    case whole(Gate.Request)
    /// More must arrive, or the bytes must be read in parts.
    case partial
    /// Not a request that bearerd accepts: close without a response.
    case rejected(Rejection)
    /// The peer has closed.
    case ended
  }

  /// Peeks at the bytes on `descriptor` without reading them. `gate` has examined them and must not be used again.
  func peek(at descriptor: Int32, gate: inout Gate) -> PeekResult {
    let count = Socket.receive(descriptor, into: window, peek: true)
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended }
    defer { explicit_bzero(visible, count) }
    switch gate.examine(UnsafeBufferPointer(start: visible, count: count).span) {
    case .complete(let request): return request.length == count ? .whole(request) : .partial
    case .reject(let rejection): return .rejected(rejection)
    case .incomplete, .management, .late: return .partial
    }
  }

  /// Reads the bytes on `descriptor` and appends them; returns the count of recv(2).
  func take(from descriptor: Int32, into received: inout [UInt8]) -> Int {
    let count = Socket.receive(descriptor, into: window)
    if count > 0 {
      received.appendTracelessly(UnsafeBufferPointer(start: visible, count: count))
      explicit_bzero(visible, count)
    }
    return count
  }

  /// Answers a complete request that is still unread on `descriptor`.
  func answer(_ whole: Gate.Request, on descriptor: Int32) -> LibFCGIRequest.Outcome {
    defer { parameters.removeAll() }
    response.removeAll()
    return request.exchange(
      on: descriptor, role: whole.role, length: whole.length, parameters: parameters, response: response
    ) { responder.respond(to: parameters, role: whole.role, in: response) }
  }

  /// Answers a complete request that was received in parts. The calling function keeps the descriptor in any case.
  func answer(_ whole: Gate.Request, in received: [UInt8], on descriptor: Int32) -> LibFCGIRequest.Outcome {
    guard let bridge = bridge ?? (try? LibFCGIBridge()) else { return .failed }
    // Kept for the next request only after success: bytes left by a failed one must never be read.
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

/// Passes a request to libfcgi that was received in parts.
///
/// libfcgi blocks if bytes are missing, so it never reads from such a peer: the whole head is written to a
/// socket pair, and the response is read from it.
private final class LibFCGIBridge {
  /// The end that libfcgi reads from and writes to.
  private(set) var inner: Int32
  private let outer: Int32
  private var response = [UInt8](repeating: 0, count: 16 * 1024)

  init() throws(SystemError) {
    guard let (outer, inner) = Socket.pair() else { throw SystemError("socketpair") }
    self.outer = outer
    self.inner = inner
    // The kernel doubles it: room for the longest head the gate accepts, and the kernel's own share.
    Socket.setOption(outer, SOL_SOCKET, SO_SNDBUF, Int32(2 * Gate.maximumHead))
  }

  deinit {
    if inner >= 0 { close(inner) }
    close(outer)
  }

  /// Writes the head for libfcgi. A Responder's body is left out and replaced by an empty one.
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

  /// Sends libfcgi's response to `descriptor`, completely or not at all.
  func passResponse(to descriptor: Int32) -> Bool {
    let count = Socket.receive(outer, into: &response)
    guard count > 0, count < response.count else { return false }
    let response = response
    return Socket.send(descriptor, response.span, count: count)
  }

  /// libfcgi has closed this end: the number may belong to another file now and must not be closed again.
  func innerWasClosed() { inner = -1 }
}
