/// Who answers requests. Each event loop has one of its own, so it needs no lock.
public protocol Responder: AnyObject {
  /// The whole CGI response to one request: a header block that begins with `Status:`, an empty line, the body.
  ///
  /// An empty one closes the connection unanswered, which no front takes for an allowance. One of more than 8,000
  /// bytes costs more than one write, and a peer that does not take it whole in time is closed.
  func response(to parameters: borrowing Parameters, role: Role) -> [UInt8]

  /// The gate or libfcgi closed a connection.
  func refused(_ refusal: Refusal)

  /// A connection was closed at once, since its peer is not among those allowed.
  func refused(_ peer: PeerAddress)
}

extension Responder {
  /// Where nobody is kept out there is nothing to do.
  public func refused(_ peer: PeerAddress) {}
}
