import Testing

/// What administrators write in servers for other reasons, and what would bypass a location's check.
@Suite("A location of nginx stays protected")
struct NginxSurroundingsTests {
  static let servers = [
    "error_page 500 502 503 504 /index.html;",
    "error_page 500 502 503 504 =200 /index.html;",
    "recursive_error_pages on; error_page 502 =200 /index.html;",
    "error_page 401 403 =200 /index.html;",
    "fastcgi_intercept_errors on; error_page 401 403 404 =200 /index.html;",
    "satisfy any; allow all;",
    "auth_request off;",
    "rewrite ^/_bearerd$ /index.html last;",
    "if (!-e $request_filename) { rewrite ^ /index.html last; }",
    "location ~ bearerd { return 200; }",
    "location ~ ^/_ { root DIRECTORY/site; try_files /index.html =404; }",
    "fastcgi_param HTTP_AUTHORIZATION none; fastcgi_param BEARERD_SCOPE write;",
    "client_max_body_size 1;",
    "error_page 300 301 302 400 401 402 403 404 405 413 429 500 501 502 503 504 505 =200 /index.html;",
    "fastcgi_keep_conn on; fastcgi_request_buffering off; fastcgi_buffering off; fastcgi_limit_rate 1k;",
    "fastcgi_hide_header X-Bearerd-Application; fastcgi_hide_header WWW-Authenticate;",
    "fastcgi_next_upstream off; fastcgi_read_timeout 1h; fastcgi_ignore_client_abort on;",
    "underscores_in_headers on; ignore_invalid_headers off; merge_slashes off; expires 1h; etag off;",
    "add_header X-Other x always; access_log off; log_subrequest on; default_type text/html;",
  ]

  @Test("whatever the server around it says", arguments: servers)
  func surroundings(server: String) throws {
    let site = try NginxSite(configuration: NginxConfiguration(server: server))
    let secret = try site.token("app")
    #expect(try site.http.get("/private/page.html", token: secret).body == "protected page\n")
    for (path, token) in [("/private/page.html", nil), ("/private/", nil), ("/private/", "x")] {
      let response = try site.http.get(path, token: token)
      #expect(response.status == 401, "\(path)")
      #expect(!response.body.contains("protected"), "\(path)")
    }
    site.bearerd.stop()
    for path in ["/private/page.html", "/private/"] {
      let response = try site.http.get(path, token: secret)
      #expect(response.status == 503, "\(path)")
      #expect(!response.body.contains("protected"), "\(path)")
    }
  }

  @Test(
    "from tokens of another scope that a redirect comes from", arguments: ["/private/page.html", "@named"])
  func redirects(target: String) throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location /from-read/ {
            set $bearerd_scope read;
            include snippets/bearerd-guard.conf;
            try_files /nothing \(target);
          }
          location @named {
            include snippets/bearerd-guard.conf;
            try_files /private/page.html =404;
          }
          """))
    let reader = try site.token("reader", "--scopes", "read")
    let all = try site.token("all")
    #expect(try site.http.get("/from-read/x", token: all).body == "protected page\n")
    #expect(try site.http.get("/from-read/x", token: reader).status == 403)
  }

  @Test("from tokens of the server's scope, if the location sets its own")
  func serverName() throws {
    let site = try NginxSite(configuration: NginxConfiguration(server: "set $bearerd_scope read;"))
    let reader = try site.token("reader", "--scopes", "read")
    #expect(try site.http.get("/private/page.html", token: reader).status == 200)
    #expect(try site.http.get("/api/write/x", token: reader).status == 403)
  }

  @Test("to names that only resemble its own", arguments: ["writ", "write2", "write-all", "a.write", "read"])
  func wholeWords(scope: String) throws {
    let site = try NginxSite()
    let token = try site.token("near", "--scopes", scope)
    #expect(try site.http.get("/api/write/x", token: token).status == 403)
  }

  @Test(
    "from clients that request what only nginx may request",
    arguments: ["/_bearerd", "/_bearerd?x", "//_bearerd", "/./_bearerd", "/%5fbearerd", "/x/../_bearerd"])
  func question(path: String) throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    for method in ["GET", "HEAD", "POST", "OPTIONS"] {
      let lines = [Array("Authorization: Bearer \(secret)".utf8)]
      let response = try site.http.request(method, path, lines: lines)
      #expect(response.status == 404)
      #expect(response.headers("X-Bearerd-Application") == [])
    }
  }
}
