import BearerAuth

/// A decision in words.
struct Explanation {
  let request: AccessRequest
  let source: String
  let files: [String]
  let now: Instant

  /// `openai k7f3q2 (/etc/bearerd/tokens:7)`
  func place(of token: Token) -> String {
    "\(name(of: token)) (\(files[token.file].printable):\(token.line))"
  }

  /// What the line says, and that it is fulfilled.
  func restrictions(of token: Token) -> String {
    let scopes = token.scopes.map { "opens \(list($0))" } ?? "opens every door"
    let origins = token.origins.map { "may come from \(list($0))" } ?? "may come from anywhere"
    return "  \(scopes); \(origins); \(ending(token.expires, at: now))"
  }

  func reason(for denial: Denial, _ token: Token?) -> String {
    switch denial {
    case .noCredentials: "there is no token"
    case .otherScheme: "the scheme is not Bearer"
    case .malformed: "not one token of letters, digits and -._~+/ with = only at its end"
    case .mistyped: "a token of bearerd with a slip in it: a character is wrong, or two are swapped"
    case .unknownToken: "no line of \(source.printable) has this token's hash"
    case .expired: "it expired on \(token?.expires.description ?? "")"
    case .notYetValid: "it is good from \(token?.notBefore.description ?? "")"
    case .wrongAddress: "it may come from \(list(token?.origins)), not from \(place)"
    case .insufficientScope: "it opens \(list(token?.scopes)), not \(door)"
    }
  }

  private var place: String {
    request.address?.description ?? "an unknown address; give one with --from"
  }

  private var door: String {
    request.scope?.description ?? "a door without a name; name one with --scope"
  }

  private func list(_ items: [some CustomStringConvertible]?) -> String {
    (items ?? []).map(\.description).joined(separator: ", ")
  }
}
