import ArgumentParser
import BearerAuth
import BearerdService

/// `bearerd token new APP`
struct NewToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Create a token for an application and print it, once.",
    discussion: "The token goes to standard output and nowhere else; the file keeps its hash.")

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var restrictions: Restrictions
  @OptionGroup var source: TokensOption
  @OptionGroup var daemon: DaemonOption

  func perform() throws {
    guardSecrets()
    let now = Instant.now
    var secret = Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    defer { secret.wipe() }
    let digest = try hash(secret)

    let token = try source.editor(for: Self.self).edit(showing: secret) { edit in
      let key = try edit.unusedKey(of: subject.application)
      let token = try restrictions.token(digest, of: subject.application, key: key, at: now)
      edit.append(token)
      return token
    }

    Console.note("\(name(of: token)) is in \(source.tokens) and \(ending(token.expires, at: now)).")
    Console.note("The token is shown this once; the file keeps only its hash.")
    try Confirmation(tokens: source.tokens, daemon: daemon) {
      "\(name(of: token)) is in \(source.tokens), but \($0) does not accept it yet"
    }.await()
  }
}

// Shared by the commands that create tokens.

/// The hash of a secret, for the file.
func hash(_ secret: [UInt8]) throws -> Digest {
  guard let digest = try DigestContext().digest(of: secret.span) else { throw CryptoUnavailable() }
  return digest
}

extension TokenFileEditor {
  /// Edits the tokens, and prints the secret of a new one after the new file is on disk and before it replaces
  /// the old one: the daemon never accepts a token that was not shown.
  func edit<Result>(showing secret: [UInt8], _ change: (inout TokenEdit) throws -> Result) throws -> Result {
    var isShown = false
    do {
      return try edit(change) {
        do throws(Failure) {
          try Console.show(secret)
        } catch {
          throw Failure("\(error.message); nothing was changed", code: error.code)
        }
        isShown = true
      }
    } catch {
      if isShown, !error.hasTakenEffect {
        Console.note("The token that was just shown is not valid: it could not be written to \(path).")
      }
      throw error
    }
  }
}

extension Error {
  fileprivate var hasTakenEffect: Bool {
    if case .file(.notOnDisk)? = self as? TokenSourceError { true } else { false }
  }
}

/// `openai k7f3q2`; only the application if the token has no key.
func name(of token: Token) -> String {
  [token.application, token.key].compactMap(\.self).joined(separator: " ")
}

/// `never expires`, or `expires on 2027-01-01 (in 38 days)`
func ending(_ expires: Instant, at now: Instant) -> String {
  guard expires != .distantFuture else { return "never expires" }
  guard expires > now else { return "expired on \(expires.shortDescription)" }
  return "expires on \(expires.shortDescription) (in \(DurationText.text(expires.seconds - now.seconds)))"
}

extension TokenEdit {
  /// A new key id that no token of the application has.
  func unusedKey(of application: String) throws(Failure) -> String {
    let used = Set(current.tokens.filter { $0.application == application }.compactMap(\.key))
    while true {
      let key = KeyID(randomBytes: try randomBytes(6)).description
      if !used.contains(key) { return key }
    }
  }
}

extension TokenEdit {
  /// The tokens of an application, or the one with the key.
  func tokens(of application: String, key: String?) throws(Failure) -> [Token] {
    let tokens = current.tokens.filter { $0.application == application }
    guard !tokens.isEmpty else { throw Failure(unknown(application)) }
    guard let key else { return tokens }
    let chosen = tokens.filter { $0.key == key }
    guard !chosen.isEmpty else {
      throw Failure("\(application) has no key \(key); it has \(names(of: tokens))")
    }
    return chosen
  }

  /// `k7f3q2, m2x9aa`; a token without a key is described by its place.
  func names(of tokens: [Token]) -> String {
    tokens.map { $0.key ?? "one without id= (\(place(of: $0)))" }.joined(separator: ", ")
  }

  private func unknown(_ application: String) -> String {
    let names = Set(current.tokens.map(\.application)).sorted()
    if let near = Spelling.nearest(to: application, among: names) {
      return "there is no application \(application); did you mean \(near)?"
    }
    guard !names.isEmpty else { return "there is no application \(application); the token file is empty" }
    let shown = names.prefix(10).joined(separator: ", ")
    return
      "there is no application \(application); there are \(shown)\(names.count > 10 ? " and others" : "")"
  }
}
