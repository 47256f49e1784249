import Testing

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

@Suite("A token's restrictions over the socket")
struct AccessTests {
  private let secret = HeaderFormTests.secret
  private var authorization: (String, String) { ("HTTP_AUTHORIZATION", "Bearer \(secret)") }

  @Test(
    "A scoped token is allowed for exactly its scopes",
    arguments: [
      ("scopes=read,write", "read", 200), ("scopes=read,write", "write", 200),
      ("scopes=read,write", "rea", 403),
      ("scopes=read,write", "reads", 403), ("scopes=read,write", "read,write", 403),
      ("scopes=read", "READ", 403), ("scopes=READ", "READ", 200),
      ("scopes=mcp:tools,repo/read", "repo/read", 200),
      ("scopes=read", "write read", 200), ("scopes=read", "write admin", 403),
      ("scopes=Read", "read write", 403),
      ("scopes=read", "", 403), ("scopes=read", nil, 403), ("", "read", 200), ("", nil, 200),
      ("", "a b", 200),
      // Not names of scopes: also for a token that is valid everywhere.
      ("scopes=read", "read ", 403), ("", "read ", 403), ("", "a,b", 403), ("", "\"", 403),
      ("", "caf\u{e9}", 403),
      ("", String(repeating: "x", count: 128), 200), ("", String(repeating: "x", count: 129), 403),
      ("", String(repeating: "x", count: 60_000), 403),
      ("", String(repeating: "a ", count: 30_000) + "a", 200),
    ] as [(String, String?, Int)])
  func scopes(options: String, scope: String?, status: Int) throws {
    let service = try TestService(tokens: tokens(line("app", secret, options)))
    let answer = try service.answer([authorization] + (scope.map { [("BEARERD_SCOPE", $0)] } ?? []))
    #expect(answer.status == status)
    if status == 403 { #expect(answer.header("WWW-Authenticate")?.contains("insufficient_scope") == true) }
  }

  @Test("An allowed response says when the token expires, if it does, and a denied one does not")
  func expires() throws {
    let service = try TestService(
      tokens: tokens(line("app", secret, "expires=2999-01-31T12:00:00+02:00 scopes=read")))
    let allowed = try service.answer([authorization, ("BEARERD_SCOPE", "read")])
    #expect(allowed.status == 200 && allowed.header("X-Bearerd-Expires") == "2999-01-31T10:00:00Z")
    #expect(try service.answer([authorization]).header("X-Bearerd-Expires") == nil)
    let endless = try TestService(tokens: tokens(line("app", secret)))
    #expect(try endless.answer([authorization]).header("X-Bearerd-Expires") == nil)
  }

  @Test("Each of many tokens gets its own expiry, in any order")
  func manyExpiries() throws {
    let lines = try (0..<300).map {
      try line(
        "app\($0)", "other-\($0)", "expires=\(Instant(seconds: 32_472_144_000 + 86_400 * Int64($0)))")
    }
    let service = try TestService(tokens: tokens(lines.joined()))
    for number in Array(0..<300) + [7, 7, 250, 7] {
      let allowed = try service.answer([("HTTP_AUTHORIZATION", "Bearer other-\(number)")])
      #expect(
        allowed.header("X-Bearerd-Expires")
          == Instant(seconds: 32_472_144_000 + 86_400 * Int64(number)).description)
    }
  }

  @Test("A client cannot set the scope by any header")
  func header() throws {
    let service = try TestService(tokens: tokens(line("app", secret, "scopes=read")))
    for name in ["HTTP_BEARERD_SCOPE", "HTTP_X_BEARERD_SCOPE", "bearerd_scope", "BEARERD_SCOPE_"] {
      #expect(try service.answer([authorization, (name, "read")]).status == 403)
    }
  }

  @Test("A token is valid from its not-before to the second before its expiry")
  func time() throws {
    let service = try TestService(
      tokens: tokens(line("app", secret, "not-before=2027-01-01T00:00:00Z expires=2027-01-02T00:00:00Z")))
    for (text, status) in [
      ("2026-12-31T23:59:59Z", 401), ("2027-01-01T00:00:00Z", 200), ("2027-01-01T23:59:59Z", 200),
      ("2027-01-02T00:00:00Z", 401), ("2027-01-01T12:00:00Z", 200), ("2036-01-01T12:00:00Z", 401),
    ] {
      service.now.set(to: try #require(Instant(parsing: text)))
      #expect(try service.answer([authorization]).status == status, "\(text)")
    }
  }

  @Test(
    "from= needs REMOTE_ADDR inside a block",
    arguments: [
      ("192.0.2.7", 200), ("192.0.2.255", 200), ("192.0.3.0", 401), ("::ffff:192.0.2.7", 200),
      ("::ffff:c000:207", 200),
      ("2001:db8::1", 200), ("2001:db9::1", 401), ("192.0.2", 401), ("192.0.2.07", 401), ("garbage", 401),
      ("", 401),
      (nil, 401), ("192.0.2.7 ", 401), ("192.0.2.7,10.0.0.1", 401), ("2001:db8::1%eth0", 401),
      ("[2001:db8::1]", 401),
      ("unix:", 401), ("3221225991", 401),
    ] as [(String?, Int)])
  func from(address: String?, status: Int) throws {
    let service = try TestService(tokens: tokens(line("app", secret, "from=192.0.2.0/24,2001:db8::/32")))
    let parameters = [authorization] + (address.map { [("REMOTE_ADDR", $0)] } ?? [])
    #expect(try service.answer(parameters).status == status)
    let spoofed = [("HTTP_X_FORWARDED_FOR", "192.0.2.7"), ("HTTP_REMOTE_ADDR", "192.0.2.7")]
    #expect(try service.answer(parameters + spoofed).status == status)
  }

  @Test(
    "An Authorizer's 200 has its variables and nothing that a web server would copy into the site's response")
  func variables() throws {
    let options = AnswerOptions(challenge: try Challenge(realm: "test"), allowsPreflight: true, cacheTTL: 60)
    let service = try TestService(tokens: tokens(line("app", secret, "id=k1")), options: options)
    let authorized = try service.answer([authorization], role: .authorizer)
    #expect(
      String(decoding: authorized.output, as: UTF8.self)
        == "Status: 200 OK\r\nVariable-BEARERD_APPLICATION: app\r\nVariable-BEARERD_KEY: k1\r\n\r\n")
    #expect(try service.answer([authorization]).header("Variable-BEARERD_APPLICATION") == nil)
    let preflight = [
      ("REQUEST_METHOD", "OPTIONS"), ("HTTP_ORIGIN", "https://example.org"),
      ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "POST"),
    ]
    let passed = try service.answer(preflight, role: .authorizer)
    #expect(String(decoding: passed.output, as: UTF8.self) == "Status: 200 OK\r\n\r\n")
  }

  @Test("A preflight passes only where it is allowed, and only as the web server's own method")
  func preflight() throws {
    let options = AnswerOptions(challenge: try Challenge(realm: "test"), allowsPreflight: true)
    let lenient = try TestService(tokens: [], options: options)
    let preflight = [
      ("REQUEST_METHOD", "OPTIONS"), ("HTTP_ORIGIN", "https://example.org"),
      ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "POST"),
    ]
    #expect(try lenient.answer(preflight).status == 200)
    #expect(try TestService(tokens: []).answer(preflight).status == 401)
    for index in preflight.indices {
      var less = preflight
      less.remove(at: index)
      #expect(try lenient.answer(less).status == 401)
    }
    let claimed =
      [("REQUEST_METHOD", "GET"), ("HTTP_X_HTTP_METHOD_OVERRIDE", "OPTIONS")] + preflight.dropFirst()
    #expect(try lenient.answer(claimed).status == 401)
  }

  @Test("Apache's redirected header counts only where it is asked for, and never beside the real one")
  func redirected() throws {
    let options = AnswerOptions(challenge: try Challenge(realm: "test"), acceptsRedirectedAuthorization: true)
    let strict = try TestService(tokens: tokens(line("app", secret)))
    let lenient = try TestService(tokens: tokens(line("app", secret)), options: options)
    let redirected = ("REDIRECT_HTTP_AUTHORIZATION", "Bearer \(secret)")
    #expect(try strict.answer([redirected]).status == 401)
    #expect(try lenient.answer([redirected]).status == 200)
    #expect(try lenient.answer([("HTTP_AUTHORIZATION", "Basic x"), redirected]).status == 401)
  }

  /// Of a TTL of 60 seconds, at an instant that is `@` and some seconds.
  static let kept: [(restriction: String, key: String?, limit: String)] = [
    ("", nil, "60"), ("", "address", "60"), ("expires=2027-01-02", nil, "60"),
    ("expires=2027-01-01T01:01:01Z", nil, "60"), ("expires=2027-01-01T01:01:00Z", nil, "@60"),
    ("expires=2027-01-01T00:01:01Z", nil, "@60"), ("expires=2027-01-01T00:00:30Z", nil, "@29"),
    ("expires=2027-01-01T00:00:01Z", nil, "@0"), ("not-before=2027-01-01", nil, "60"),
    ("from=0.0.0.0/0", nil, "0"), ("from=0.0.0.0/0", "", "0"), ("from=0.0.0.0/0", "Address", "0"),
    ("from=0.0.0.0/0", "address ", "0"), ("from=0.0.0.0/0", "address", "60"),
    ("from=0.0.0.0/0 expires=2027-01-01T00:00:30Z", "address", "@29"),
  ]

  @Test(
    "nginx may keep an allowed response for the TTL, to the second before the token expires, with from= by address only",
    arguments: kept)
  func caching(restriction: String, key: String?, limit: String) throws {
    let options = AnswerOptions(challenge: try Challenge(realm: "test"), cacheTTL: 60)
    let service = try TestService(tokens: tokens(line("app", secret, restriction)), options: options)
    let start = try #require(Instant(parsing: "2027-01-01T00:00:00Z"))
    service.now.set(to: start)
    let parameters = [("REMOTE_ADDR", "192.0.2.7")] + (key.map { [("BEARERD_CACHE_KEY", $0)] } ?? [])
    let allowed = try service.answer([authorization] + parameters)
    #expect(allowed.status == 200)
    let expected = limit.hasPrefix("@") ? "@\(start.seconds + (Int64(limit.dropFirst()) ?? 0))" : limit
    #expect(allowed.header("X-Accel-Expires") == expected)
    let text = String(decoding: allowed.output, as: UTF8.self)
    let expires = try #require(text.range(of: "X-Accel-Expires")),
      control = try #require(text.range(of: "Cache-Control"))
    #expect(expires.lowerBound < control.lowerBound)
  }

  @Test(
    "nginx may keep an allowed response for one spelling of the header only, or a client could make entries without end",
    arguments: [
      ("Bearer ", "60"), ("bearer ", "0"), ("BEARER ", "0"), ("Bearer  ", "0"),
      ("Bearer" + String(repeating: " ", count: 100), "0"),
    ])
  func spellings(scheme: String, limit: String) throws {
    let options = AnswerOptions(challenge: try Challenge(realm: "test"), cacheTTL: 60)
    let service = try TestService(tokens: tokens(line("app", secret)), options: options)
    let allowed = try service.answer([
      ("HTTP_AUTHORIZATION", scheme + secret), ("BEARERD_CACHE_KEY", "address"),
    ])
    #expect(allowed.status == 200)
    #expect(allowed.header("X-Accel-Expires") == limit)
  }

  @Test("nginx may keep no denial, no failure and no preflight, and nothing where there is no TTL")
  func uncached() throws {
    var options = AnswerOptions(
      challenge: try Challenge(realm: "test"), allowsPreflight: true, cacheTTL: 60)
    let service = try TestService(tokens: tokens(line("app", secret, "scopes=read")), options: options)
    let preflight = [
      ("REQUEST_METHOD", "OPTIONS"), ("HTTP_ORIGIN", "https://example.org"),
      ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "GET"),
    ]
    let questions: [([(String, String)], Int)] = [
      ([], 401), ([("HTTP_AUTHORIZATION", "Bearer x")], 401), ([authorization], 403),
      ([authorization, ("BEARERD_ACCEPT", "nonsense")], 500), (preflight, 200),
    ]
    for (question, status) in questions {
      let answer = try service.answer(question + [("BEARERD_CACHE_KEY", "address")])
      #expect(answer.status == status)
      #expect(answer.header("X-Accel-Expires") == "0")
    }
    options.cacheTTL = 0
    let without = try TestService(tokens: tokens(line("app", secret)), options: options)
    #expect(try without.answer([authorization]).header("X-Accel-Expires") == nil)
  }

  @Test("An unknown endpoint is an error, not an answer")
  func endpoint() throws {
    let service = try TestService(tokens: tokens(line("app", secret)))
    #expect(try service.answer([authorization, ("BEARERD_ENDPOINT", "nonsense")]).status == 500)
  }

  @Test("A replaced policy counts for the next request")
  func replaced() throws {
    let service = try TestService(tokens: tokens(line("app", secret)))
    #expect(try service.answer([authorization]).status == 200)
    service.store.replace(with: .empty)
    #expect(try service.answer([authorization]).status == 401)
  }
}
