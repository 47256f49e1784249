import BearerAuth

/// What an administrator may turn at the answers.
public struct AnswerOptions: Sendable {
  /// The WWW-Authenticate header of denials.
  public var challenge: Challenge
  /// Whether a CORS preflight, which never carries credentials, passes without a token.
  public var allowsPreflight: Bool
  /// How long nginx may keep an allowance, in seconds; 0: it may not.
  public var cacheTTL: Int
  /// Whether REDIRECT_HTTP_AUTHORIZATION counts where HTTP_AUTHORIZATION is missing.
  public var acceptsRedirectedAuthorization: Bool

  /// The strictest answers, where only the challenge is given.
  public init(
    challenge: Challenge, allowsPreflight: Bool = false, cacheTTL: Int = 0,
    acceptsRedirectedAuthorization: Bool = false
  ) {
    self.challenge = challenge
    self.allowsPreflight = allowsPreflight
    self.cacheTTL = cacheTTL
    self.acceptsRedirectedAuthorization = acceptsRedirectedAuthorization
  }
}
