import Testing

@Suite("Scopes through nginx")
struct NginxScopeTests {
  private static let server = """
    location /tools/ {
      set $bearerd_scope "mcp:tools mcp:admin";
      include snippets/bearerd-guard.conf;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    location ~ ^/repo/([^/]+)/ {
      set $bearerd_scope repo/$1;
      include snippets/bearerd-guard.conf;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    location /query/ {
      set $bearerd_scope $arg_scope;
      include snippets/bearerd-guard.conf;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    """

  @Test("may be any scope-token, and one of several suffices")
  func several() throws {
    let site = try NginxSite(configuration: NginxConfiguration(server: Self.server))
    let tools = try site.token("tools", "--scopes", "mcp:tools,Read")
    let admin = try site.token("admin", "--scopes", "mcp:admin")
    let other = try site.token("other", "--scopes", "mcp:Tools,mcp")
    let every = try site.token("every")
    for token in [tools, admin, every] { #expect(try site.http.get("/tools/x", token: token).status == 200) }
    let denied = try site.http.get("/tools/x", token: other)
    #expect(denied.status == 403)
    #expect(denied.headers("WWW-Authenticate").first?.hasSuffix("scope=\"mcp:tools mcp:admin\"") == true)
    #expect(try site.http.get("/tools/x").status == 401)
  }

  @Test("that come from the URL and are none are denied with 403, also for a token that is valid everywhere")
  func url() throws {
    let site = try NginxSite(configuration: NginxConfiguration(server: Self.server))
    let held = try site.token("held", "--scopes", "repo/read")
    let every = try site.token("every")
    #expect(try site.http.get("/repo/read/x", token: held).status == 200)
    #expect(try site.http.get("/repo/write/x", token: held).status == 403)
    #expect(try site.http.get("/repo/write/x", token: every).status == 200)
    let long = String(repeating: "x", count: 129)
    for path in [
      "/repo/a,b/x", "/repo/\(long)/x", "/query/?scope=a,b", "/query/?scope=%20,", "/query/?scope=\(long)",
    ] {
      for (token, status) in [(held, 403), (every, 403), (nil, 401), ("wrong", 401)] {
        let response = try site.http.get(path, token: token)
        #expect(response.status == status, "\(path.prefix(20))")
        #expect(response.headers("WWW-Authenticate").count == 1)
      }
    }
    // nginx encodes a capture again, so a client cannot add a scope of its own behind a space.
    for path in ["/repo/write%20repo/read/x", "/repo/write%20repo%2Fread/x", "/repo/read%20/x"] {
      #expect(try site.http.get(path, token: held).status == 403, "\(path)")
    }
  }
}
