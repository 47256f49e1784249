import BearerAuth
import FastCGI

/// Writes the CGI responses (RFC 3875 section 6).
struct Answer {
  private let options: AnswerOptions

  init(options: AnswerOptions) { self.options = options }

  /// 200, never 204: two web servers take nothing else for an allowed request.
  /// - Parameters:
  ///   - number: which of the policy's tokens it is.
  ///   - mayBeKept: whether a cache that keeps this response finds it again for equal checks only.
  func allow(
    _ number: Int, of policy: Policy, role: Role, mayBeKept: Bool, at now: Instant, in response: Response
  ) {
    switch role {
    case .responder:
      response.append("Status: 200 OK\r\nX-Bearerd-Application: ")
      response.append(policy.tokens[number].application)
      if let key = policy.tokens[number].key {
        response.append("\r\nX-Bearerd-Key: ")
        response.append(key)
      }
      // nginx reads headers in their order: behind Cache-Control this one would count for nothing.
      if options.cacheTTL > 0 {
        response.append("\r\nX-Accel-Expires: ")
        response.append(mayBeKept ? cacheLimit(until: policy.tokens[number].expires, at: now) : "0")
      }
      response.append("\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
    case .authorizer:
      // No other header: web servers copy them into the site's own response, whose length and caching they would be.
      response.append("Status: 200 OK\r\nVariable-BEARERD_APPLICATION: ")
      response.append(policy.tokens[number].application)
      if let key = policy.tokens[number].key {
        response.append("\r\nVariable-BEARERD_KEY: ")
        response.append(key)
      }
      response.append("\r\n\r\n")
    }
  }

  /// A preflight passes without an application.
  func allowPreflight(role: Role, in response: Response) {
    guard role == .responder else { return response.append("Status: 200 OK\r\n\r\n") }
    response.append("Status: 200 OK\r\n")
    forbidCaching(in: response)
    response.append("Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
  }

  /// 403 where the token is good but not for this door, else 401: RFC 6750 3.1 says 400 for malformed
  /// credentials, which nginx would turn into a 500.
  func deny(
    _ denial: Denial, scope: RequiredScopes, accepting schemes: AcceptedSchemes, in response: Response
  ) {
    let isForbidden = denial == .insufficientScope
    response.append(isForbidden ? "Status: 403 Forbidden" : "Status: 401 Unauthorized")
    response.append("\r\nWWW-Authenticate: ")
    response.append(options.challenge.header(for: denial, scope: scope, accepting: schemes))
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

  /// How long nginx may keep an allowance, as X-Accel-Expires has it: seconds, or an instant behind `@`. It serves an
  /// entry through the whole of its last second.
  ///
  /// Seconds count from when nginx reads them, and it may be late. Near the token's end only an instant is exact, by
  /// nginx's clock; elsewhere seconds hold, whatever that clock says.
  private func cacheLimit(until end: Instant, at now: Instant) -> String {
    let ttl = Int64(options.cacheTTL)
    guard end <= now.advanced(by: ttl + 3600) else { return String(ttl) }
    return "@\(min(now.advanced(by: ttl), end.advanced(by: -1)).seconds)"
  }
}

/// What an administrator may turn at the answers.
package struct AnswerOptions: Sendable {
  /// The WWW-Authenticate header of denials.
  package var challenge: Challenge
  /// Whether a CORS preflight, which never carries credentials, passes without a token.
  package var allowsPreflight: Bool
  /// How long nginx may keep an allowance, in seconds; 0: it may not.
  package var cacheTTL: Int
  /// Whether REDIRECT_HTTP_AUTHORIZATION counts where HTTP_AUTHORIZATION is missing.
  package var acceptsRedirectedAuthorization: Bool

  /// The strictest answers, where only the challenge is given.
  package init(
    challenge: Challenge, allowsPreflight: Bool = false, cacheTTL: Int = 0,
    acceptsRedirectedAuthorization: Bool = false
  ) {
    self.challenge = challenge
    self.allowsPreflight = allowsPreflight
    self.cacheTTL = cacheTTL
    self.acceptsRedirectedAuthorization = acceptsRedirectedAuthorization
  }
}

/// What an operator asks over the same socket, by BEARERD_ENDPOINT.
enum Endpoint: Equatable {
  /// Whether it is ready to serve, by the tokens that are on disk.
  case health
  /// Whether it serves, be it by the tokens from before.
  case alive
  /// All figures, for Prometheus.
  case metrics
  /// All figures for `bearerd status`; of the keys only those of one application, where it is named.
  case status(application: String?)
  /// Which version of the tokens is in force.
  case tokens

  /// Reads `health`, `alive`, `metrics`, `tokens`, `status` or `status/APPLICATION`; nil for anything else.
  init?(_ bytes: Span<UInt8>) {
    let text = String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    switch (parts[0], parts.dropFirst().first) {
    case ("health", nil): self = .health
    case ("alive", nil): self = .alive
    case ("metrics", nil): self = .metrics
    case ("tokens", nil): self = .tokens
    case ("status", nil): self = .status(application: nil)
    case ("status", let name?) where ApplicationName(name) != nil: self = .status(application: name)
    default: return nil
    }
  }

  /// The whole CGI response.
  func response(of metrics: Metrics, at now: Instant) -> [UInt8] {
    switch self {
    case .health: return Endpoint.health(metrics.problem)
    case .alive: return Endpoint.health(metrics.serviceProblem)
    case .metrics:
      return Endpoint.response("200 OK", Exposition.contentType, metrics.exposition())
    case .tokens:
      return Endpoint.response("200 OK", "application/json", "\(metrics.reading)\n")
    case .status(let application):
      let report = "\(metrics.status(of: application, at: now))\n"
      return Endpoint.response("200 OK", "application/json", Array(report.utf8))
    }
  }

  private static func health(_ problem: String?) -> [UInt8] {
    guard let problem else { return response("200 OK", "text/plain", "ready\n") }
    return response("503 Service Unavailable", "text/plain", "not ready: \(problem)\n")
  }

  private static func response(_ status: String, _ type: String, _ text: String) -> [UInt8] {
    response(status, type, Array(text.utf8))
  }

  private static func response(_ status: String, _ type: String, _ body: [UInt8]) -> [UInt8] {
    let head = """
      Status: \(status)\r
      Content-Type: \(type)\r
      Cache-Control: no-store\r
      Content-Length: \(body.count)\r
      \r\n
      """
    return Array(head.utf8) + body
  }
}

extension AccessResponder {
  /// Answers an operator. Never where the question could be a check: neither an Authorizer's, whose front would take
  /// a 200 for an allowance, nor one that has room for a caller's secret. So a BEARERD_ENDPOINT that has strayed
  /// into a guard opens nothing.
  func operate(_ parameters: borrowing Parameters, role: Role, in response: Response) {
    guard let endpoint = parameters.value(of: .endpoint, { Endpoint($0) }) ?? nil else {
      return fail(
        "unknown BEARERD_ENDPOINT; write health or metrics, or leave it out", parameters, in: response)
    }
    guard answersOperators else {
      return fail("BEARERD_ENDPOINT is for the daemon; leave it out", parameters, in: response)
    }
    guard role == .responder, !parameters.isSent(.authorization), !parameters.isSent(.token) else {
      return fail(
        "BEARERD_ENDPOINT does not go with HTTP_AUTHORIZATION, BEARERD_TOKEN or an Authorizer", parameters,
        in: response)
    }
    // Health is answered by the loop itself, which shows so that it serves. The rest may be long.
    guard endpoint != .health else { return response.append(endpoint.response(of: metrics, at: now())) }
    let (metrics, now) = (metrics, now)
    response.makeLater { endpoint.response(of: metrics, at: now()) }
  }
}
