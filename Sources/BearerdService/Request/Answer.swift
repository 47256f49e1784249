import BearerAuth
import FastCGI

/// Writes the CGI responses (RFC 3875 section 6).
struct Answer {
  private let options: AnswerOptions

  init(options: AnswerOptions) { self.options = options }

  /// 200, never 204: two web servers accept nothing else for an allowed request.
  /// - Parameters:
  ///   - index: the token's index in the policy.
  ///   - mayBeKept: whether a cache that keeps this response returns it for equal checks only.
  func allow(
    _ index: Int, of policy: Policy, role: Role, mayBeKept: Bool, at now: Instant, in response: Response
  ) {
    switch role {
    case .responder:
      response.append("Status: 200 OK\r\nX-Bearerd-Application: ")
      response.append(policy.tokens[index].application)
      if let key = policy.tokens[index].key {
        response.append("\r\nX-Bearerd-Key: ")
        response.append(key)
      }
      let expires = policy.tokens[index].expires
      if expires < .distantFuture {
        response.append("\r\nX-Bearerd-Expires: ")
        response.append(expires.ascii.span)
      }
      // nginx uses the first of these headers: after Cache-Control, X-Accel-Expires would be ignored.
      if options.cacheTTL > 0 {
        response.append("\r\nX-Accel-Expires: ")
        response.append(mayBeKept ? cacheLimit(until: policy.tokens[index].expires, at: now) : "0")
      }
      response.append("\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
    case .authorizer:
      // No other header: web servers copy all of them into the site's response, and so its length and caching
      // would change.
      response.append("Status: 200 OK\r\nVariable-BEARERD_APPLICATION: ")
      response.append(policy.tokens[index].application)
      if let key = policy.tokens[index].key {
        response.append("\r\nVariable-BEARERD_KEY: ")
        response.append(key)
      }
      response.append("\r\n\r\n")
    }
  }

  /// An allowed preflight has no application.
  func allowPreflight(role: Role, in response: Response) {
    guard role == .responder else { return response.append("Status: 200 OK\r\n\r\n") }
    response.append("Status: 200 OK\r\n")
    forbidCaching(in: response)
    response.append("Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
  }

  /// 403 if the token is valid but lacks the scope, else 401. RFC 6750 3.1 says 400 for malformed credentials;
  /// nginx turns 400 into 500.
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

  /// An error of bearerd or of the web server's configuration: the request is not allowed.
  func fail(in response: Response) {
    response.append("Status: 500 Internal Server Error\r\n")
    forbidCaching(in: response)
    response.append("Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nError\n")
  }

  private func forbidCaching(in response: Response) {
    if options.cacheTTL > 0 { response.append("X-Accel-Expires: 0\r\n") }
  }

  /// How long nginx may keep an allowed response, in the form of X-Accel-Expires: seconds, or an instant after
  /// `@`. nginx serves an entry until the end of its last second.
  ///
  /// Seconds count from when nginx reads the response, which may be late. Close to the token's expiry only an
  /// instant is exact, by nginx's clock; otherwise seconds are used, which do not depend on that clock.
  private func cacheLimit(until end: Instant, at now: Instant) -> String {
    let ttl = Int64(options.cacheTTL)
    guard end <= now.advanced(by: ttl + 3600) else { return String(ttl) }
    return "@\(min(now.advanced(by: ttl), end.advanced(by: -1)).seconds)"
  }
}

/// Settings of the responses.
package struct AnswerOptions: Sendable {
  /// The WWW-Authenticate header of denials.
  package var challenge: Challenge
  /// Whether a CORS preflight, which never carries credentials, is allowed without a token.
  package var allowsPreflight: Bool
  /// How long nginx may keep an allowed response, in seconds; 0: not at all.
  package var cacheTTL: Int
  /// Whether REDIRECT_HTTP_AUTHORIZATION is used if HTTP_AUTHORIZATION is missing.
  package var acceptsRedirectedAuthorization: Bool

  /// The strictest settings by default.
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

/// A report for the administrator over the same socket, selected by BEARERD_ENDPOINT.
enum Endpoint: Equatable {
  /// Whether the daemon serves with the tokens that are on disk.
  case health
  /// Whether the daemon serves, even if with the tokens of an earlier load.
  case alive
  /// All metrics, for Prometheus.
  case metrics
  /// All metrics for `bearerd status`; with an application, only the keys of that application.
  case status(application: String?)
  /// Which version of the token file is in use.
  case tokens

  /// Parses `health`, `alive`, `metrics`, `tokens`, `status` or `status/APPLICATION`; nil for anything else.
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
  /// Answers an administrator, but never a request that could be a check: not an Authorizer, whose web server
  /// would allow the client on a 200, and not a request that has HTTP_AUTHORIZATION. A BEARERD_ENDPOINT in a
  /// protected location by mistake therefore allows nothing.
  func operate(_ parameters: borrowing Parameters, role: Role, in response: Response) {
    guard let endpoint = parameters.value(of: .endpoint, { Endpoint($0) }) ?? nil else {
      return fail(
        "unknown BEARERD_ENDPOINT; set it to health or metrics, or remove it", parameters, in: response)
    }
    guard answersOperators else {
      return fail("BEARERD_ENDPOINT works with the daemon only; remove it", parameters, in: response)
    }
    guard role == .responder, !parameters.isSent(.authorization), !parameters.isSent(.token) else {
      return fail(
        "BEARERD_ENDPOINT cannot be combined with HTTP_AUTHORIZATION, BEARERD_TOKEN or an Authorizer",
        parameters,
        in: response)
    }
    // The loop itself answers health, which shows that it serves. The other reports may be long.
    guard endpoint != .health else { return response.append(endpoint.response(of: metrics, at: now())) }
    let (metrics, now) = (metrics, now)
    response.makeLater { endpoint.response(of: metrics, at: now()) }
  }
}
