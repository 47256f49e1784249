import Testing

/// bearerd-guard.conf in the server block: everything needs a token, except for what says `auth_request off;`.
@Suite("A server of nginx that includes the guard")
struct NginxClosedByDefaultTests {
  private static let server = """
    include snippets/bearerd-guard.conf;
    large_client_header_buffers 4 128k;
    include snippets/bearerd-metrics.conf;
    include snippets/bearerd-health.conf;
    location = / {
      auth_request off;
      try_files /index.html =404;
    }
    location ^~ /public/ {
      include snippets/bearerd-public.conf;
      proxy_pass http://BACKEND;
    }
    location /limited/ {
      limit_req zone=one;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
      include snippets/bearerd-guard.conf;
      error_page 502 503 504 = @fallback;
    }
    location /small/ {
      client_max_body_size 1;
      error_page 413 = @fallback;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    location @fallback {
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    location /tried/ { try_files /nothing @fallback; }
    location /outer/ {
      location /outer/inner/ { try_files /private/page.html =404; }
      location ~ x$ { try_files /private/page.html =404; }
    }
    location /missing/ { error_page 404 = @fallback; }
    location /scoped/ {
      set $bearerd_scope write;
      try_files /private/page.html =404;
    }
    """

  private static let zone = "limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;"

  /// Everything that the server has, but for what answers before any check (`return`).
  private static let guarded = [
    "/index.html", "/private/page.html", "/private/", "/nothing", "/tried/x", "/outer/x", "/outer/inner/y",
    "/missing/x", "/scoped/x", "/api/x", "/PRIVATE/page.html", "/private;/page.html",
  ]

  @Test("guards everything that does not say otherwise", arguments: ["", "recursive_error_pages on;"])
  func closed(more: String) throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: Self.server + more, otherServers: Self.zone, denied: "bearerd-denied-json.conf"))
    let secret = try site.token("app")
    for path in Self.guarded {
      let denied = try site.http.get(path)
      #expect(denied.status == 401, "\(path)")
      #expect(denied.headers("WWW-Authenticate") == ["Bearer realm=\"bearerd\""], "\(path)")
    }
    #expect(try site.http.get("/private/page.html", token: secret).body == "protected page\n")
    #expect(try site.http.get("/outer/inner/y", token: secret).body == "protected page\n")
    #expect(try site.http.get("/tried/x", token: secret).body.contains("X-Bearerd-Application: app"))
    #expect(try site.http.get("/").body == "public page\n")
    #expect(try site.http.get("/public/x").status == 200)
    #expect(try site.http.get("/metrics").status == 200)
    #expect(try site.http.get("/bearerd-health").status == 200)
    let reader = try site.token("reader", "--scopes", "read")
    let forbidden = try site.http.get("/scoped/x", token: reader)
    #expect(forbidden.status == 403)
    #expect(forbidden.headers("WWW-Authenticate").first?.contains("scope=\"write\"") == true)
    site.bearerd.stop()
    for path in Self.guarded.filter({ $0 != "/missing/x" }) {
      let down = try site.http.get(path, token: secret)
      #expect(down.status == 503, "\(path)")
      #expect(down.headers("Retry-After") == ["5"], "\(path)")
    }
    // A location with an error_page of its own has nginx's own pages.
    #expect(try site.http.get("/missing/x", token: secret).status == 403)
    #expect(!site.nginx.output.contains("[warn]"), "\(site.nginx.output)")
  }

  @Test("guards what limits and errors before the check lead to")
  func before() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(server: Self.server, otherServers: Self.zone))
    let body = Array("a=b".utf8)
    // The second one is over the limit.
    for _ in 0..<3 { #expect(try site.http.get("/limited/x").status == 401) }
    #expect(try site.http.request("POST", "/small/x", body: body).status == 401)
  }
}
