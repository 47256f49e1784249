/// Whether a request may come in: a value, never an error.
public enum Decision: Sendable {
  /// It may, for this token's application.
  case allow(Token)
  /// It may not; the token it was about, where one was found, is for the log and not for the caller.
  case deny(Denial, Token?)
}

/// Why not. The raw value is the word in the log.
public enum Denial: String, CaseIterable, Sendable {
  /// No Authorization header, or an empty one.
  case noCredentials = "no-credentials"
  /// A scheme other than Bearer.
  case otherScheme = "other-scheme"
  /// Bearer, but not with exactly one token behind it.
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
