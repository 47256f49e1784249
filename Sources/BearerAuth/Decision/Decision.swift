/// What a decision is made of.
package struct AccessRequest: Sendable {
  /// What the caller presented.
  package var credential: Credential
  /// The scopes that the location requires, as the web server names them.
  package var scope: RequiredScopes
  /// Where the caller is; nil where the web server did not say, or said what is no address.
  package var address: IPAddress?

  /// A request at a door without a name, from nowhere known, where the last two are left out.
  package init(credential: Credential, scope: RequiredScopes = .absent, address: IPAddress? = nil) {
    self.credential = credential
    self.scope = scope
    self.address = address
  }
}

/// Whether a request may come in: a value, never an error.
///
/// It names a token by its place in `Policy.tokens`. A copy of the token itself would count references to what many
/// tokens share, and all threads would fight over the counts.
package enum Decision: Equatable, Sendable {
  /// It may, for this token's application.
  case allow(Int)
  /// It may not; the token it was about, where one was found, is for the log and not for the caller.
  case deny(Denial, Int?)
}

/// Why not. The raw value is the word in the log.
package enum Denial: String, CaseIterable, Sendable {
  /// No Authorization header, or an empty one.
  case noCredentials = "no-credentials"
  /// A scheme that the location does not accept.
  case otherScheme = "other-scheme"
  /// Not exactly one well-formed token.
  case malformed = "malformed"
  /// One of our own tokens with a slip in it.
  case mistyped = "mistyped"
  /// No line has this token's hash.
  case unknownToken = "unknown-token"
  /// At or after the instant of `expires=`.
  case expired = "expired"
  /// Before the instant of `not-before=`.
  case notYetValid = "not-yet-valid"
  /// The caller's address is in no block of `from=`, or unknown.
  case wrongAddress = "wrong-address"
  /// The door is not among `scopes=`.
  case insufficientScope = "insufficient-scope"
}

/// The WWW-Authenticate header of a denial (RFC 6750 section 3). Every denial carries one: a client that gets none
/// cannot know what is asked of it.
package struct Challenge: Sendable {
  /// A setting that cannot stand in a header, and what to write instead.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    /// The whole sentence for the administrator.
    package var description: String
  }

  private let realm: String
  private let basic: String
  private let metadata: String

  /// Checks both once, at the start.
  /// - Parameters:
  ///   - realm: what the tokens are for, as clients show it to people; printable ASCII.
  ///   - resourceMetadata: the URL of the protected resource's metadata (RFC 9728 section 5.1).
  package init(realm: String, resourceMetadata: String? = nil) throws(Invalid) {
    guard realm.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw Invalid(description: "the realm stands in a header; write it in printable ASCII on one line")
    }
    let text = Challenge.escaped(realm)
    self.realm = "Bearer realm=\"\(text)\""
    basic = "Basic realm=\"\(text)\", "
    metadata = try resourceMetadata.map(Challenge.parameter) ?? ""
  }

  /// The header's value.
  ///
  /// One description for every token that is not good now: the reason is for the log, not for the caller.
  /// - Parameters:
  ///   - scope: the door's name, which only a caller with a good token is told.
  ///   - schemes: what the location accepts. Both challenges stand in one header, since nginx before 1.23 copies one only;
  ///     Basic is first, for clients that read no further than the first challenge of a header: they know no other scheme.
  package func header(for denial: Denial, scope: RequiredScopes, accepting schemes: AcceptedSchemes = .bearer)
    -> String
  {
    schemes == .bearer ? bearer(denial, scope) : basic + bearer(denial, scope)
  }

  private func bearer(_ denial: Denial, _ scope: RequiredScopes) -> String {
    switch denial {
    case .noCredentials, .otherScheme:
      // RFC 6750 3.1: no error code for a request that tried no token.
      return realm + metadata
    case .malformed:
      return error("invalid_request", "The request does not carry one well-formed token") + metadata
    case .mistyped, .unknownToken, .expired, .notYetValid, .wrongAddress:
      return error("invalid_token", "The token is not valid") + metadata
    case .insufficientScope:
      let names = scope.description
      let held = names.isEmpty ? "" : ", scope=\"\(names)\""
      return error("insufficient_scope", "The token does not open this door") + held + metadata
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
      throw Invalid(description: "the resource metadata is no URL; write https://HOST/.well-known/...")
    }
    return ", resource_metadata=\"\(url)\""
  }
}
