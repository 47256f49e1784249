import ArgumentParser
import BearerAuth
import BearerdService

/// What `serve` answers.
struct AnswerFlags: ParsableArguments {
  @Option(help: ArgumentHelp("What the challenge calls the protected space.", valueName: "text"))
  var realm = "bearerd"

  @Option(
    help: ArgumentHelp(
      "The protected resource's metadata, named in the challenge (RFC 9728).", valueName: "url"))
  var resourceMetadata: String?

  @Flag(help: "Let CORS preflights pass without a token.")
  var allowPreflight = false

  @Option(
    help: ArgumentHelp(
      "How long nginx may keep an allowance, and a revoked token open; 0: not at all.", valueName: "seconds"))
  var cacheTtl = 0

  @Flag(help: "Read REDIRECT_HTTP_AUTHORIZATION where HTTP_AUTHORIZATION is missing (Apache rewrites).")
  var acceptRedirectedAuthorization = false

  func validate() throws {
    guard (0...3600).contains(cacheTtl) else { throw ValidationError("--cache-ttl is 0 to 3600 seconds") }
    do {
      _ = try challenge()
    } catch {
      throw ValidationError(error.description)
    }
  }

  func options() throws -> AnswerOptions {
    AnswerOptions(
      challenge: try challenge(), allowsPreflight: allowPreflight, cacheTTL: cacheTtl,
      acceptsRedirectedAuthorization: acceptRedirectedAuthorization)
  }

  private func challenge() throws(Challenge.Invalid) -> Challenge {
    try Challenge(realm: realm, resourceMetadata: resourceMetadata)
  }
}
