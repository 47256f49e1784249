import BearerAuth
import BearerdService

// What the commands that make tokens share.

/// The hash that the file keeps of a secret.
func hash(_ secret: [UInt8]) throws -> Digest {
  guard let digest = try DigestContext().digest(of: secret.span) else { throw CryptoUnavailable() }
  return digest
}

extension TokenFileEditor {
  /// Edits the tokens, and prints the secret of a new one: when the new file is on the disk, and before it takes the
  /// old one's place. So the daemon never learns a token that nobody was shown.
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
        Console.note("The token that was just shown is not valid: it could not be put into \(path).")
      }
      throw error
    }
  }
}

extension Error {
  fileprivate var hasTakenEffect: Bool {
    if case .notOnDisk? = self as? TokenSourceError { true } else { false }
  }
}

/// `openai k7f3q2`; a token without a key is called by its application.
func name(of token: Token) -> String {
  [token.application, token.key].compactMap(\.self).joined(separator: " ")
}

/// `never expires`, or `expires on 2027-01-01 (in 38 days)`
func ending(_ expires: Instant, at now: Instant) -> String {
  guard expires != .distantFuture else { return "never expires" }
  guard expires > now else { return "expired on \(expires.shortDescription)" }
  return "expires on \(expires.shortDescription) (in \(Duration.text(expires.seconds - now.seconds)))"
}

extension TokenEdit {
  /// A key id that no token of the application has.
  func unusedKey(of application: String) throws(Failure) -> String {
    let used = Set(current.tokens.filter { $0.application == application }.compactMap(\.key))
    while true {
      let key = KeyID(randomBytes: try randomBytes(6)).description
      if !used.contains(key) { return key }
    }
  }
}
