/// Who answers requests. Each event loop has one of its own, so it needs no lock.
public protocol Responder: AnyObject {
  /// Writes the whole answer to one request into `response`, which is empty.
  ///
  /// One that stays empty closes the connection unanswered, which no front takes for an allowance. One of more than
  /// 8,000 bytes costs more than one write, and a peer that does not take it whole in time is closed.
  func respond(to parameters: borrowing Parameters, role: Role, in response: Response)

  /// `Server.wake` was called: time for what no caller should have to wait for.
  func woken()

  /// The gate or libfcgi closed a connection.
  func refused(_ refusal: Refusal)

  /// A connection was closed at once, since its peer is not among those allowed.
  func refused(_ peer: PeerAddress)
}

extension Responder {
  /// Nothing.
  public func woken() {}

  /// Where nobody is kept out there is nothing to do.
  public func refused(_ peer: PeerAddress) {}
}
