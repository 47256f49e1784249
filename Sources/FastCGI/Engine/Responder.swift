/// Who answers requests. Each event loop has one of its own, so it needs no lock.
public protocol Responder: AnyObject {
  /// The whole CGI response to one request: a header block that begins with `Status:`, an empty line, the body.
  ///
  /// At most 8,000 bytes; an empty or a longer one closes the connection unanswered, which no front takes for
  /// an allowance.
  func response(to parameters: borrowing Parameters, role: Role) -> [UInt8]

  /// The gate or libfcgi closed a connection.
  func refused(_ refusal: Refusal)
}
