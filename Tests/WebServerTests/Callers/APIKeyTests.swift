import TestSupport
import Testing

/// Clients that send the token in a header of its own: webhooks, SDKs, API gateways.
@Suite("An API key in a header of its own, through nginx")
struct APIKeyTests {
  private typealias Kind = NginxBackendTests.Kind

  /// A secret that no Authorization header can carry.
  private static let webhook = "p@ss:Zr8pX1vQm7nKcT2yWdJ5!"

  private func site(_ server: String) throws -> NginxSite {
    try NginxSite(
      configuration: NginxConfiguration(
        server: """
          large_client_header_buffers 4 128k;
          location /hooks/ {
            set $bearerd_token $http_x_gitlab_token;
            include snippets/bearerd-guard.conf;
            include snippets/bearerd-proxy.conf;
            proxy_set_header X-Gitlab-Token "";
            proxy_pass http://BACKEND;
          }
          \(server)
          """,
        otherServers: NginxBackendTests.grpcServer))
  }

  private func add(_ secret: String, _ application: String, to site: NginxSite) throws {
    let added = try Bearerd.run("token", "add", application, tokens: site.tokens, stdin: secret)
    try #require(added.code == 0, "\(added.errors)")
    let isLive = try eventually {
      try site.http.get("/hooks/x", "X-Gitlab-Token: \(secret)").status == 200
    }
    try #require(isLive, "\(site.bearerd.output)")
  }

  @Test("lets in a token that Authorization cannot carry, and the backend never sees it")
  func webhook() throws {
    let site = try site("")
    try add(Self.webhook, "gitlab", to: site)
    let response = try site.http.get("/hooks/x", "X-Gitlab-Token: \(Self.webhook)", "X-Other: kept")
    #expect(response.status == 200 && response.body.contains("X-Bearerd-Application: gitlab\r\n"))
    #expect(response.body.contains("X-Other: kept") && !response.body.contains("Zr8p"))
    // It is not a bearer token, and no other location reads this header.
    #expect(try site.http.get("/hooks/x", token: Self.webhook).status == 401)
    #expect(try site.http.get("/api/x", "X-Gitlab-Token: \(Self.webhook)").status == 401)
    #expect(!site.told.contains("Zr8p"))
  }

  @Test("is denied if it is wrong, and the log says that it came this way and not what it was")
  func denied() throws {
    let site = try site("")
    let secret = try site.token("app")
    let long = String(repeating: "x", count: 4097)
    for (lines, error) in [
      (["X-Gitlab-Token: made-up"], "invalid_token"),
      (["X-Gitlab-Token: Bearer \(secret)"], "invalid_request"),
      (["X-Gitlab-Token: \(secret) \(secret)"], "invalid_request"),
      (["X-Gitlab-Token: caf\u{e9}"], "invalid_request"),
      (["X-Gitlab-Token: \(long)"], "invalid_request"),
      (["X-Gitlab-Token: \(String(repeating: "x", count: 64_000))"], "invalid_request"),
      (["X-Gitlab-Token: \(String(repeating: "x", count: 120_000))"], "invalid_request"),
      (["X-Gitlab-Token: \(secret)", "Authorization: Bearer other"], "invalid_request"),
      (["X-Gitlab-Token: other", "Authorization: Bearer \(secret)"], "invalid_request"),
      (["X-Gitlab-Token: \(secret)", "Authorization: Basic dXNlcjpwYXNz"], "invalid_request"),
    ] {
      let response = try site.http.request("GET", "/hooks/x", lines: lines.map { Array($0.utf8) })
      let name = "\(lines.map { $0.prefix(30) })"
      #expect(response.status == 401, "\(name)")
      #expect(response.headers("WWW-Authenticate").first?.contains("error=\"\(error)\"") == true, "\(name)")
    }
    // Missing or empty: Authorization counts.
    #expect(try site.http.get("/hooks/x").headers("WWW-Authenticate") == ["Bearer realm=\"bearerd\""])
    #expect(try site.http.get("/hooks/x", token: secret).status == 200)
    #expect(try site.http.get("/hooks/x", token: secret, "X-Gitlab-Token:").status == 200)
    #expect(try site.http.get("/hooks/x", token: secret, "X-Gitlab-Token: \(secret)").status == 200)
    let log = site.bearerd.output
    #expect(log.contains("reason=unknown-token request=") && log.contains("scheme=api-key"), "\(log)")
    let isTold = site.told.contains(secret) || site.told.contains("made-up")
    #expect(!isTold)
  }

  @Test(
    "is kept from a backend of each kind by the one line that names it",
    arguments: NginxBackendTests.Kind.allCases)
  func backends(kind: NginxBackendTests.Kind) throws {
    let clear = kind.sendsHeaders ? "\(kind)_set_header X-API-Key" : "\(kind)_param HTTP_X_API_KEY"
    let site = try site(
      """
      location /guarded/ {
        set $bearerd_token $http_x_api_key;
        include snippets/bearerd-guard.conf;
        include snippets/bearerd-\(kind).conf;
        \(clear) "";
        \(kind.pass)
      }
      """)
    let backend = try NginxBackendTests.backend(kind, site)
    defer { withExtendedLifetime(backend) {} }
    let secret = try site.token("app")
    #expect(try site.http.get("/guarded/x").status == 401)
    let response = try site.http.get("/guarded/x", "X-API-Key: \(secret)", "Cookie: session=1")
    #expect(response.status == 200, "\(site.bearerd.output)")
    #expect(response.body.lowercased().contains(kind.name) && response.body.contains("session=1"))
    let isSeen = response.body.contains(secret)
    #expect(!isSeen)
  }

  @Test("leaves Authorization to the backend if the location says so")
  func ownAuthorization() throws {
    let site = try site(
      """
      location /accounts/ {
        set $bearerd_token $http_x_api_key;
        set $bearerd_authorization "";
        include snippets/bearerd-guard.conf;
        include snippets/bearerd-proxy.conf;
        proxy_set_header Authorization $http_authorization;
        proxy_set_header X-API-Key "";
        proxy_pass http://BACKEND;
      }
      """)
    let secret = try site.token("app")
    let response = try site.http.get(
      "/accounts/x", "X-API-Key: \(secret)", "Authorization: Basic dXNlcjpwYXNz")
    #expect(response.status == 200 && response.body.contains("Basic dXNlcjpwYXNz"))
    let isSeen = response.body.contains(secret)
    #expect(!isSeen)
    #expect(try site.http.get("/accounts/x", token: secret).status == 401)
  }

  @Test("goes on to a named location of the same request, as the same credential")
  func named() throws {
    let site = try site(
      """
      location /named/ {
        set $bearerd_token $http_x_api_key;
        include snippets/bearerd-guard.conf;
        try_files /nothing @next;
      }
      location @next {
        include snippets/bearerd-guard.conf;
        try_files /private/page.html =404;
      }
      """)
    let secret = try site.token("app")
    #expect(try site.http.get("/named/x", "X-API-Key: \(secret)").body == "protected page\n")
    #expect(try site.http.get("/named/x", "X-API-Key: x").status == 401)
    #expect(try site.http.get("/named/x").status == 401)
  }
}
