/// The input of a decision.
package struct AccessRequest: Sendable {
  /// The credential that the client presented.
  package var credential: Credential
  /// The scopes that the protected location requires, as the web server names them.
  package var scope: RequiredScopes
  /// The client's address; nil if the web server sent none, or one that cannot be parsed.
  package var address: IPAddress?

  /// By default a request to a location without a scope, from an unknown address.
  package init(credential: Credential, scope: RequiredScopes = .absent, address: IPAddress? = nil) {
    self.credential = credential
    self.scope = scope
    self.address = address
  }
}

/// Whether a request is allowed: a value, never an error.
///
/// It refers to a token by its index in `Policy.tokens`. A copy of the token would count references to storage
/// that many tokens share, and all threads would contend for the counts.
package enum Decision: Equatable, Sendable {
  /// Allowed, for the application of the token with this index.
  case allow(Int)
  /// Denied; the index of the token, if one was found, is for the log and not for the client.
  case deny(Denial, Int?)
}

/// The reason of a denial. The raw value appears in the log.
package enum Denial: String, CaseIterable, Sendable {
  /// No Authorization header, or an empty one.
  case noCredentials = "no-credentials"
  /// A scheme that the location does not accept.
  case otherScheme = "other-scheme"
  /// Not exactly one well-formed token.
  case malformed = "malformed"
  /// A token of the shape that bearerd makes, with a typing error.
  case mistyped = "mistyped"
  /// No line has this token's hash.
  case unknownToken = "unknown-token"
  /// The line has `disabled`.
  case disabled
  /// At or after the instant of `expires=`.
  case expired = "expired"
  /// Before the instant of `not-before=`.
  case notYetValid = "not-yet-valid"
  /// The client's address is unknown, or in no block of `from=`.
  case wrongAddress = "wrong-address"
  /// The required scope is not in `scopes=`.
  case insufficientScope = "insufficient-scope"
}

/// The WWW-Authenticate header of a denial (RFC 6750 section 3). Every denial has one: without it a client does
/// not know which credentials are expected.
package struct Challenge: Sendable {
  /// A setting that a header cannot carry, and what to write instead.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    package var description: String
  }

  private let realm: String
  private let basic: String
  private let metadata: String

  /// Validates both at start-up.
  /// - Parameters:
  ///   - realm: what the tokens are for, as clients show it to users; printable ASCII.
  ///   - resourceMetadata: the URL of the protected resource's metadata (RFC 9728 section 5.1).
  package init(realm: String, resourceMetadata: String? = nil) throws(Invalid) {
    guard realm.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw Invalid(description: "the realm goes into a header; write it in printable ASCII on one line")
    }
    let text = Challenge.escaped(realm)
    self.realm = "Bearer realm=\"\(text)\""
    basic = "Basic realm=\"\(text)\", "
    metadata = try resourceMetadata.map(Challenge.parameter) ?? ""
  }

  /// The header's value.
  ///
  /// All invalid tokens get the same description: the reason is for the log, not for the client.
  /// - Parameters:
  ///   - scope: the required scopes; only a client with a valid token learns them.
  ///   - schemes: the schemes that the location accepts. Both challenges are in one header, because nginx before 1.23
  ///     copies only one; Basic is first, for clients that read only the first challenge: they support no other scheme.
  package func header(for denial: Denial, scope: RequiredScopes, accepting schemes: AcceptedSchemes = .bearer)
    -> String
  {
    schemes == .bearer ? bearer(denial, scope) : basic + bearer(denial, scope)
  }

  private func bearer(_ denial: Denial, _ scope: RequiredScopes) -> String {
    switch denial {
    case .noCredentials, .otherScheme:
      // RFC 6750 3.1: no error code if the request has no token.
      return realm + metadata
    case .malformed:
      return error("invalid_request", "The request does not carry one well-formed token") + metadata
    case .mistyped, .unknownToken, .disabled, .expired, .notYetValid, .wrongAddress:
      return error("invalid_token", "The token is not valid") + metadata
    case .insufficientScope:
      let names = scope.description
      let required = names.isEmpty ? "" : ", scope=\"\(names)\""
      return error("insufficient_scope", "The token lacks the required scope") + required + metadata
    }
  }

  private func error(_ code: String, _ description: String) -> String {
    "\(realm), error=\"\(code)\", error_description=\"\(description)\""
  }

  /// As a quoted-string (RFC 9110 section 5.6.4).
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
      if character == "\"" || character == "\\" { escaped.append("\\") }
      escaped.append(character)
    }
  }

  private static func parameter(_ url: String) throws(Invalid) -> String {
    let isText = url.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != 0x5c }
    guard isText, url.hasPrefix("https://") || url.hasPrefix("http://") else {
      throw Invalid(description: "the resource metadata is not a URL; write https://HOST/.well-known/...")
    }
    return ", resource_metadata=\"\(url)\""
  }
}
