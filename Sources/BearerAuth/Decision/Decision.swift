/// Whether a request may come in: a value, never an error.
///
/// It names a token by its place in `Policy.tokens`. A copy of the token itself would count references to what many
/// tokens share, and all threads would fight over the counts.
public enum Decision: Equatable, Sendable {
  /// It may, for this token's application.
  case allow(Int)
  /// It may not; the token it was about, where one was found, is for the log and not for the caller.
  case deny(Denial, Int?)
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
