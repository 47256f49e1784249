import ArgumentParser
import BearerAuth
import BearerdService
import Glibc

/// `bearerd token explain`
struct ExplainToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell whether a token would be allowed, which line decides, and why.",
    discussion: """
      printf %s "$TOKEN" | bearerd token explain --scope write --from 192.0.2.7

      Reads the token, or a whole `Bearer ...` header value, from standard input. Exits 0 if the token is allowed, \
      1 if denied.
      """)

  @OptionGroup var source: TokensOption
  @OptionGroup var surplus: ExtraArguments

  @Option(
    help: ArgumentHelp("The required scope.", valueName: "scope"),
    transform: ExplainToken.scope)
  var scope: RequiredScopes?

  @Option(
    help: ArgumentHelp("The client's address.", valueName: "address"), transform: ExplainToken.address)
  var from: IPAddress?

  func perform() throws {
    guardSecrets()
    // The token first: the program that creates it may be writing the file until then, as in `token new | token
    // explain`.
    let request = AccessRequest(credential: try credential(), scope: scope ?? .absent, address: from)
    let loaded = try source.load()
    let now = Instant.now
    let explanation = Explanation(request: request, source: source.tokens, files: loaded.files, now: now)
    let policy = Policy(loaded.tokens)
    switch policy.decide(request, at: now) {
    case .allow(let index):
      let token = policy.tokens[index]
      try Console.print("allow: \(explanation.place(of: token))\n\(explanation.restrictions(of: token))")
    case .deny(let denial, let index):
      let token = index.map { policy.tokens[$0] }
      let place = token.map { " \(explanation.place(of: $0))" } ?? ""
      try Console.print("deny: \(denial.rawValue)\(place)\n  \(explanation.reason(for: denial, token))")
      throw ExitCode(EXIT_FAILURE)
    }
  }

  private func credential() throws -> Credential {
    var input = try SecretInput.read("the token to explain")
    defer { input.wipe() }
    var value = input.contains(UInt8(ascii: " ")) ? input : Array("Bearer ".utf8) + input
    defer { value.wipe() }
    let digests = try DigestContext()
    var credential = Credential(parsing: value.span, with: digests)
    if credential == .malformed, Secret.isVisible(input.span) {
      credential = Credential(token: input.span, with: digests)
      Console.note("Only BEARERD_TOKEN can carry this token, not `Authorization: Bearer`.")
    }
    guard credential != .unhashed else { throw CryptoUnavailable() }
    return credential
  }

  private static func scope(_ text: String) throws -> RequiredScopes {
    guard let scope = RequiredScopes(text) else { throw ValidationError("a scope must be \(Scope.rule)") }
    return scope
  }

  private static func address(_ text: String) throws -> IPAddress {
    guard let address = IPAddress(parsing: text) else {
      throw ValidationError("write an IPv4 or IPv6 address")
    }
    return address
  }
}

/// A decision as text.
struct Explanation {
  let request: AccessRequest
  let source: String
  let files: [String]
  let now: Instant

  /// `openai k7f3q2 (/etc/bearerd/tokens:7)`
  func place(of token: Token) -> String {
    "\(name(of: token)) (\(files[token.file].printable):\(token.line))"
  }

  /// The restrictions of the line, all of which are satisfied.
  func restrictions(of token: Token) -> String {
    let scopes = token.scopes.map { "has the scopes \(list($0))" } ?? "valid in every location"
    let origins = token.origins.map { "may be used from \(list($0))" } ?? "may be used from any address"
    return "  \(scopes); \(origins); \(ending(token.expires, at: now))"
  }

  func reason(for denial: Denial, _ token: Token?) -> String {
    switch denial {
    case .noCredentials: "there is no token"
    case .otherScheme: "the scheme is not Bearer"
    case .malformed: "not a single token of letters, digits and -._~+/ with = only at the end"
    case .mistyped: "a token of bearerd with a typing error: a character is wrong, or two are swapped"
    case .unknownToken: "no line of \(source.printable) has this token's hash"
    case .disabled: "its line has `disabled`; `bearerd token enable` removes that"
    case .expired: "it expired on \(token?.expires.description ?? "")"
    case .notYetValid: "it is valid from \(token?.notBefore.description ?? "")"
    case .wrongAddress: "it may be used from \(list(token?.origins)), not from \(place)"
    case .insufficientScope: "it has the scopes \(list(token?.scopes)); the location requires \(scope)"
    }
  }

  private var place: String {
    request.address?.description ?? "an unknown address; give one with --from"
  }

  private var scope: String {
    request.scope == .absent ? "none (give one with --scope)" : request.scope.description
  }

  private func list(_ items: [some CustomStringConvertible]?) -> String {
    (items ?? []).map(\.description).joined(separator: ", ")
  }
}
