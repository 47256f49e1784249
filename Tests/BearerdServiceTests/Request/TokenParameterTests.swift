import Testing

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

@Suite("BEARERD_TOKEN over the socket")
struct TokenParameterTests {
  /// Of a webhook, say: no Authorization header can carry it.
  private static let key = "p@ss:word!{Zr8pX1vQm7nK}"
  private static let secret = HeaderFormTests.secret

  private func service(_ options: AnswerOptions? = nil) throws -> TestService {
    try TestService(
      tokens: tokens(line("app", Self.secret), line("hook", Self.key, "scopes=hooks")), options: options)
  }

  /// Parameters, status and the challenge's error.
  static let cases: [([(String, String)], Int, String?)] = [
    ([("BEARERD_TOKEN", secret)], 200, nil),
    ([("BEARERD_TOKEN", key), ("BEARERD_SCOPE", "hooks")], 200, nil),
    ([("BEARERD_TOKEN", key)], 403, "insufficient_scope"),
    ([("BEARERD_TOKEN", "wrong")], 401, "invalid_token"),
    ([("BEARERD_TOKEN", "brd_" + String(repeating: "0", count: 49))], 401, "invalid_token"),
    ([("BEARERD_TOKEN", "Bearer \(secret)")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", " ")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", "\(secret)\n")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", "\u{e9}")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", String(repeating: "x", count: 4097))], 401, "invalid_request"),
    ([("BEARERD_TOKEN", String(repeating: "x", count: 64_000))], 401, "invalid_request"),
    ([("BEARERD_TOKEN", "")], 401, nil),
    // Empty: Authorization counts.
    ([("BEARERD_TOKEN", ""), ("HTTP_AUTHORIZATION", "Bearer \(secret)")], 200, nil),
    ([("BEARERD_TOKEN", secret), ("HTTP_AUTHORIZATION", "")], 200, nil),
    // Both: only if they are the same.
    ([("BEARERD_TOKEN", secret), ("HTTP_AUTHORIZATION", "Bearer \(secret)")], 200, nil),
    ([("HTTP_AUTHORIZATION", "bearer  \(secret)"), ("BEARERD_TOKEN", secret)], 200, nil),
    ([("BEARERD_TOKEN", secret), ("HTTP_AUTHORIZATION", "Bearer wrong")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", "wrong"), ("HTTP_AUTHORIZATION", "Bearer \(secret)")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", secret), ("HTTP_AUTHORIZATION", "Basic dXNlcjpwYXNz")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", secret), ("HTTP_AUTHORIZATION", "Bearer")], 401, "invalid_request"),
    ([("BEARERD_TOKEN", secret), ("HTTP_AUTHORIZATION", " ")], 401, "invalid_request"),
    (
      [("BEARERD_TOKEN", key), ("HTTP_AUTHORIZATION", "Bearer \(key)"), ("BEARERD_SCOPE", "hooks")], 401,
      "invalid_request"
    ),
    // No client sets it: its headers all begin with HTTP_.
    ([("HTTP_BEARERD_TOKEN", secret)], 401, nil), ([("bearerd_token", secret)], 401, nil),
    ([("HTTP_X_API_KEY", secret)], 401, nil), ([("REDIRECT_BEARERD_TOKEN", secret)], 401, nil),
  ]

  @Test("counts instead of Authorization, and is denied beside a different one")
  func decides() throws {
    let service = try service()
    for (parameters, status, error) in Self.cases {
      for role in [Role.responder, .authorizer] {
        let answer = try service.answer(parameters, role: role)
        let name = "\(parameters.map { "\($0.0)=\($0.1.prefix(20))" })"
        #expect(answer.status == status, "\(name)")
        let challenge = answer.header("WWW-Authenticate")
        #expect((challenge == nil) == (status == 200), "\(name)")
        #expect(challenge?.contains("error=") == (status == 200 ? nil : error != nil), "\(name)")
        if let error { #expect(challenge?.contains("error=\"\(error)\"") == true, "\(name)") }
      }
    }
  }

  @Test("twice, or with NUL, closes the connection unanswered")
  func rejected() throws {
    let service = try service()
    for parameters in [
      [("BEARERD_TOKEN", Self.secret), ("BEARERD_TOKEN", Self.secret)],
      [("BEARERD_TOKEN", ""), ("BEARERD_TOKEN", Self.secret)],
      [("BEARERD_TOKEN", Self.secret + "\0")], [("BEARERD_TOKEN", "\0")],
    ] {
      #expect(throws: Client.Failure.closed) { try service.answer(parameters) }
    }
  }

  @Test("beside BEARERD_ENDPOINT is an error, be it empty", arguments: ["", "x", secret])
  func endpoint(value: String) throws {
    #expect(try service().answer([("BEARERD_ENDPOINT", "health"), ("BEARERD_TOKEN", value)]).status == 500)
  }

  @Test("counts instead of Apache's redirected header, and is denied beside a different one")
  func redirected() throws {
    let service = try service(
      AnswerOptions(challenge: try Challenge(realm: "test"), acceptsRedirectedAuthorization: true))
    for (value, status) in [("Bearer \(Self.secret)", 200), ("Bearer x", 401), ("", 200)] {
      let parameters = [("BEARERD_TOKEN", Self.secret), ("REDIRECT_HTTP_AUTHORIZATION", value)]
      #expect(try service.answer(parameters).status == status, "\(value)")
    }
  }

  @Test(
    "is kept by nginx's cache only if it is in the key, and in one spelling beside Authorization",
    arguments: [
      ("address token", nil, "60"), ("address token", "", "60"), ("address token", "Bearer ", "60"),
      ("address token", "bearer ", "0"), ("address token", "Bearer  ", "0"), ("address", nil, "0"),
      (nil, nil, "0"),
      ("token", nil, "0"), ("token address", nil, "0"), ("address token ", nil, "0"),
      ("address", "Bearer ", "0"),
    ] as [(String?, String?, String)])
  func caching(key: String?, scheme: String?, limit: String) throws {
    let service = try service(AnswerOptions(challenge: try Challenge(realm: "test"), cacheTTL: 60))
    let authorization = scheme.map { $0.isEmpty ? "" : $0 + Self.secret }
    let parameters =
      [("BEARERD_TOKEN", Self.secret)] + (key.map { [("BEARERD_CACHE_KEY", $0)] } ?? [])
      + (authorization.map { [("HTTP_AUTHORIZATION", $0)] } ?? [])
    let allowed = try service.answer(parameters)
    #expect(allowed.status == 200)
    #expect(allowed.header("X-Accel-Expires") == limit)
    // Authorization alone is in every key.
    let bearer = try service.answer(
      [("HTTP_AUTHORIZATION", "Bearer \(Self.secret)")]
        + parameters.dropFirst().filter { $0.0 == "BEARERD_CACHE_KEY" })
    #expect(bearer.header("X-Accel-Expires") == "60")
  }
}
