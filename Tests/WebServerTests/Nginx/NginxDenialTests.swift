import Foundation
import Testing

@Suite("A denial through nginx")
struct NginxDenialTests {
  @Test(
    "tells the client once what it lacks, on 401 and on 403",
    arguments: ["bearerd-denied.conf", "bearerd-denied-json.conf"])
  func challenge(denied: String) throws {
    let site = try NginxSite("--realm", "the site", configuration: NginxConfiguration(denied: denied))
    let reader = try site.token("reader", "--scopes", "read")
    let realm = "Bearer realm=\"the site\""
    let expectations: [(path: String, token: String?, status: Int, challenge: String)] = [
      ("/private/page.html", nil, 401, realm),
      (
        "/private/page.html", "a b", 401,
        "\(realm), error=\"invalid_request\", error_description=\"The request does not carry one well-formed token\""
      ),
      (
        "/private/page.html", "unknown", 401,
        "\(realm), error=\"invalid_token\", error_description=\"The token is not valid\""
      ),
      (
        "/private/page.html", reader, 403,
        "\(realm), error=\"insufficient_scope\", error_description=\"The token lacks the required scope\""
      ),
      (
        "/api/write/x", reader, 403,
        "\(realm), error=\"insufficient_scope\", error_description=\"The token lacks the required scope\", "
          + "scope=\"write\""
      ),
    ]
    for (path, token, status, challenge) in expectations {
      let response = try site.http.get(path, token: token)
      #expect(response.status == status)
      #expect(response.headers("WWW-Authenticate") == [challenge])
    }
  }

  @Test("is JSON where the site wants it, and carries no body after HEAD")
  func json() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: "location = /private/denied.html { include snippets/bearerd-guard.conf; deny all; }",
        denied: "bearerd-denied-json.conf"))
    let (secret, reader) = (try site.token("app"), try site.token("reader", "--scopes", "read"))
    func problem(_ path: String, _ token: String?, _ status: Int, _ code: String) throws -> Problem {
      let response = try site.http.get(path, token: token)
      #expect(response.status == status && response.headers("Content-Type") == ["application/problem+json"])
      let problem = try JSONDecoder().decode(Problem.self, from: Data(response.body.utf8))
      #expect(problem.status == status && problem.error.code == code)
      #expect(problem.error.message == problem.detail)
      return problem
    }
    let unauthorized = try problem("/private/page.html", nil, 401, "invalid_api_key")
    #expect(unauthorized.title == "Unauthorized" && unauthorized.error.type == "authentication_error")
    // Whatever the reason is, the body tells no more of a token than that it is not valid.
    for token in ["wrong", "a b", String(secret.dropLast())] {
      #expect(try problem("/private/page.html", token, 401, "invalid_api_key") == unauthorized)
    }
    let forbidden = try problem("/private/page.html", reader, 403, "insufficient_scope")
    #expect(forbidden.title == "Forbidden" && forbidden.error.type == "permission_error")
    let nginx = try problem("/private/denied.html", secret, 403, "forbidden")
    #expect(!nginx.detail.contains("scope"))
    #expect(try site.http.request("HEAD", "/private/page.html").body.isEmpty)
    site.bearerd.stop()
    let down = try problem("/private/page.html", secret, 503, "service_unavailable")
    #expect(down.error.type == "api_error")
  }

  @Test("by nginx itself, or by the backend, gets no challenge of ours")
  func foreign() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location = /private/denied.html {
            include snippets/bearerd-guard.conf;
            deny all;
          }
          location = /api/denied {
            include snippets/bearerd-guard.conf;
            proxy_pass http://unix:DIRECTORY/denying.sock:/;
          }
          """,
        otherServers: """
          server {
            listen unix:DIRECTORY/denying.sock;
            location / {
              add_header WWW-Authenticate 'Digest realm="backend"' always;
              return 401 backend;
            }
          }
          """))
    let secret = try site.token("app")
    let nginx = try site.http.get("/private/denied.html", token: secret)
    #expect(nginx.status == 403)
    #expect(nginx.headers("WWW-Authenticate") == [])
    let backend = try site.http.get("/api/denied", token: secret)
    #expect(backend.status == 401)
    #expect(backend.body == "backend")
    #expect(backend.headers("WWW-Authenticate") == ["Digest realm=\"backend\""])
  }

  /// What sites write that would change a denial; PLACE is where the location with the guard stands in it.
  static let surroundings = [
    "recursive_error_pages on; error_page 401 403 =200 /index.html; PLACE",
    "error_page 401 403 404 500 503 =200 /index.html; fastcgi_intercept_errors on; PLACE",
    "include snippets/bearerd-guard.conf; recursive_error_pages on; error_page 404 /index.html; PLACE",
    "error_page 401 =302 https://login.example.com/; recursive_error_pages on; proxy_intercept_errors on; PLACE",
    // Reached by try_files.
    "location /here/ { try_files /nothing @tried; } location @tried { GUARD }",
    "recursive_error_pages on; location /here/ { GUARD try_files /nothing @tried; } location @tried { GUARD }",
    // Reached by error_page: examples/callers.
    """
    location /here/ { recursive_error_pages on; error_page 418 = @machines; if ($http_x_none = "") { return 418; } }
    location @machines { GUARD }
    """,
    "location /here/ { GUARD location /here/x { } }",
    "location /here/ { rewrite ^/here/(.*) /there/$1 last; } location /there/ { GUARD }",
    "location /here/ { if ($request_method = GET) { set $x 1; } GUARD }",
  ]

  @Test(
    "keeps its status, its form and its challenge, whatever the site around it says of errors",
    arguments: surroundings, ["bearerd-denied.conf", "bearerd-denied-json.conf"])
  func surrounded(server: String, denied: String) throws {
    let server =
      server
      .replacingOccurrences(of: "PLACE", with: "location /here/ { GUARD }")
      .replacingOccurrences(of: "GUARD", with: "include snippets/bearerd-guard.conf;")
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: "location = / { auth_request off; try_files /index.html =404; }\n" + server,
        denied: denied))
    let reader = try site.token("reader", "--scopes", "read")
    let type = denied.contains("json") ? "application/problem+json" : "text/html"
    let challenge = "Bearer realm=\"bearerd\""
    for (token, status, start) in [
      (nil, 401, challenge), ("x", 401, "\(challenge), error=\"invalid_token\""),
      (reader, 403, "\(challenge), error=\"insufficient_scope\""),
    ] {
      for method in ["GET", "POST", "OPTIONS", "HEAD"] {
        let lines = token.map { ["Authorization: Bearer \($0)"] } ?? []
        let response = try site.http.request(method, "/here/x", lines: lines.map { Array($0.utf8) })
        #expect(response.status == status, "\(method)")
        #expect(response.headers("WWW-Authenticate").count == 1, "\(method)")
        #expect(response.headers("WWW-Authenticate").first?.hasPrefix(start) == true, "\(method)")
        #expect(response.headers("Content-Type") == [type], "\(method)")
        #expect(method == "HEAD" || response.body.contains("\(status)"), "\(method)")
      }
    }
    site.bearerd.stop()
    let down = try site.http.get("/here/x", token: reader)
    #expect(down.status == 503)
    #expect(down.headers("Content-Type") == [type])
  }

  @Test("reached by error_page without recursive_error_pages stays a denial, on a page of nginx's own")
  func reachedByErrorPage() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location /here/ { error_page 418 = @machines; return 418; }
          location @machines { include snippets/bearerd-guard.conf; error_page 500 502 =200 /index.html; }
          """))
    let reader = try site.token("reader", "--scopes", "read")
    let unauthorized = try site.http.get("/here/x")
    #expect(unauthorized.status == 401)
    #expect(unauthorized.headers("WWW-Authenticate") == ["Bearer realm=\"bearerd\""])
    #expect(try site.http.get("/here/x", token: reader).status == 403)
    site.bearerd.stop()
    #expect(try site.http.get("/here/x", token: reader).status == 403)
  }

  @Test(
    "with 401 carries the headers of the site",
    arguments: ["bearerd-denied.conf", "bearerd-denied-json.conf"])
  func siteHeaders(denied: String) throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: "add_header Strict-Transport-Security max-age=1 always; add_header X-Other x always;",
        denied: denied))
    let response = try site.http.get("/private/page.html")
    #expect(response.status == 401)
    #expect(response.headers("Strict-Transport-Security") == ["max-age=1"])
    #expect(response.headers("X-Other") == ["x"])
    #expect(response.headers("WWW-Authenticate") == ["Bearer realm=\"bearerd\""])
  }

  @Test("for gRPC has the code of its status, and no body")
  func grpc() throws {
    let site = try NginxSite(configuration: NginxConfiguration(denied: "bearerd-denied-grpc.conf"))
    let reader = try site.token("reader", "--scopes", "read")
    for (token, status, code) in [(nil, 401, "16"), (reader, 403, "7")] {
      let response = try site.http.get("/private/page.html", token: token)
      #expect(response.status == status)
      #expect(response.headers("grpc-status") == [code])
      #expect(response.headers("grpc-message").count == 1)
      #expect(response.headers("Content-Type") == ["application/grpc"])
      #expect(response.headers("WWW-Authenticate").count == 1)
      #expect(response.body.isEmpty)
    }
    site.bearerd.stop()
    let down = try site.http.get("/private/page.html", token: reader)
    #expect(down.headers("grpc-status") == ["14"])
    #expect(down.headers("Retry-After") == ["5"])
  }

  private struct Problem: Decodable, Equatable {
    struct Failure: Decodable, Equatable {
      var message: String
      var type: String
      var code: String
    }

    var title: String
    var status: Int
    var detail: String
    var error: Failure
  }
}
