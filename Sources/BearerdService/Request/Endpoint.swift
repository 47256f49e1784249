import BearerAuth
import FastCGI

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
    guard role == .responder, parameters.value(of: .authorization, { _ in true }) == nil else {
      return fail(
        "BEARERD_ENDPOINT does not go with HTTP_AUTHORIZATION, nor with an Authorizer", parameters,
        in: response)
    }
    // Health is answered by the loop itself, which shows so that it serves. The rest may be long.
    guard endpoint != .health else { return response.append(endpoint.response(of: metrics, at: now())) }
    let (metrics, now) = (metrics, now)
    response.makeLater { endpoint.response(of: metrics, at: now()) }
  }
}
