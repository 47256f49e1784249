import BearerAuth
import BearerdService

// What the commands that make tokens share.

/// The hash that the file keeps of a secret.
func hash(_ secret: [UInt8]) throws -> Digest {
  guard let digest = try DigestContext().digest(of: secret.span) else { throw CryptoUnavailable() }
  return digest
}

/// Prints a secret. When that fails nobody knows it, but its line is in the file: the message says what to do.
func show(_ secret: [UInt8], of token: Token) throws(Failure) {
  do throws(Failure) {
    try Console.show(secret)
  } catch {
    let command = "bearerd token revoke \(token.application) --key \(token.key ?? "")"
    throw Failure("\(error.message); nobody knows the new token now: \(command)", code: error.code)
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
