import Glibc

/// One request at a time, from bytes to the answer: the gate's verdict, libfcgi's parameters, the responder.
final class Exchange {
  /// A whole request in a peer's socket must fit here to be read by libfcgi directly.
  static let peekLength = LibFCGIRequest.readLength

  let names: ParameterNames
  let responder: any Responder
  private let request: LibFCGIRequest
  private let parameters: Parameters
  private let response = Response()
  private var relay: Relay?
  /// What is being looked at; overwritten after every look.
  private let visible = UnsafeMutablePointer<UInt8>.allocate(capacity: Exchange.peekLength)
  private var window: UnsafeMutableRawBufferPointer { .init(start: visible, count: Exchange.peekLength) }

  init(names: ParameterNames, responder: any Responder) throws {
    self.names = ParameterNames(names.names)
    self.responder = responder
    request = try LibFCGIRequest()
    parameters = Parameters(names: self.names)
  }

  deinit { visible.deallocate() }

  /// What the first look at a connection with nothing received yet shows.
  enum Sight {
    /// Nothing is there yet.
    case nothing
    /// One whole request that libfcgi can read in one go.
    case whole(Gate.Request)
    /// More has to come, or what is there has to be taken in parts.
    case partial
    case refused(Refusal)
    /// The peer is gone.
    case ended
  }

  /// Looks at what waits on `descriptor`, and takes nothing. `gate` has seen it then, and must not be asked again.
  func look(at descriptor: Int32, gate: inout Gate) -> Sight {
    let count = Socket.receive(descriptor, into: window, peek: true)
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended }
    defer { explicit_bzero(visible, count) }
    switch gate.examine(UnsafeBufferPointer(start: visible, count: count).span) {
    case .complete(let request): return request.length == count ? .whole(request) : .partial
    case .refuse(let refusal): return .refused(refusal)
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
    guard let relay = relay ?? (try? Relay()) else { return .failed }
    // Kept for the next one only after a clean end: what an earlier request left in it must never be read.
    self.relay = nil
    guard relay.put(whole, of: received) else { return .failed }
    let outcome = answer(whole, on: relay.inner)
    switch outcome {
    case .answered:
      self.relay = relay
      return relay.passAnswer(to: descriptor) ? .answered : .failed
    case .long, .failed:
      return outcome
    case .closed:
      relay.innerWasClosed()
      return .failed
    }
  }
}
