import BearerAuth
import FastCGI

/// Writes the CGI responses (RFC 3875 section 6).
struct Answer {
  private let options: AnswerOptions

  init(options: AnswerOptions) { self.options = options }

  /// 200, never 204: two fronts take nothing else for an allowance.
  /// - Parameter number: which of the policy's tokens it is.
  func allow(_ number: Int, of policy: Policy, role: Role, at now: Instant, in response: Response) {
    response.append("Status: 200 OK\r\nX-Bearerd-Application: ")
    response.append(policy.tokens[number].application)
    if let key = policy.tokens[number].key {
      response.append("\r\nX-Bearerd-Key: ")
      response.append(key)
    }
    if role == .authorizer {
      response.append("\r\nVariable-BEARERD_APPLICATION: ")
      response.append(policy.tokens[number].application)
      if let key = policy.tokens[number].key {
        response.append("\r\nVariable-BEARERD_KEY: ")
        response.append(key)
      }
    }
    // nginx reads headers in their order: behind Cache-Control this one would count for nothing.
    if options.cacheTTL > 0 {
      response.append("\r\nX-Accel-Expires: ")
      response.append(String(cacheSeconds(for: policy.tokens[number], at: now)))
    }
    response.append("\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
  }

  /// A preflight passes for nobody in particular.
  func allowPreflight(in response: Response) {
    response.append("Status: 200 OK\r\n")
    forbidCaching(in: response)
    response.append("Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
  }

  /// 403 where the token is good but not for this door, else 401: RFC 6750 3.1 says 400 for malformed
  /// credentials, which nginx would turn into a 500.
  func deny(_ denial: Denial, scope: Scope?, in response: Response) {
    let isForbidden = denial == .insufficientScope
    response.append(isForbidden ? "Status: 403 Forbidden" : "Status: 401 Unauthorized")
    response.append("\r\nWWW-Authenticate: ")
    response.append(options.challenge.header(for: denial, scope: scope))
    response.append("\r\n")
    forbidCaching(in: response)
    response.append("Cache-Control: no-store\r\nContent-Type: text/plain\r\n")
    response.append(
      isForbidden
        ? "Content-Length: 10\r\n\r\nForbidden\n" : "Content-Length: 13\r\n\r\nUnauthorized\n")
  }

  /// Something that is ours, or the web server's configuration's, to mend: nobody gets in.
  func fail(in response: Response) {
    response.append("Status: 500 Internal Server Error\r\n")
    forbidCaching(in: response)
    response.append("Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nError\n")
  }

  private func forbidCaching(in response: Response) {
    if options.cacheTTL > 0 { response.append("X-Accel-Expires: 0\r\n") }
  }

  /// nginx serves an entry through the whole of its last second, so the token must outlive that one too. The key
  /// of a cache need not hold the caller's address, so a token with `from=` is never kept.
  private func cacheSeconds(for token: Token, at now: Instant) -> Int {
    guard token.origins == nil else { return 0 }
    guard token.expires != .distantFuture else { return options.cacheTTL }
    return max(0, min(options.cacheTTL, Int(clamping: token.expires.seconds - now.seconds - 2)))
  }
}
