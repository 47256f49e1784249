import Foundation
import Testing

/// What browsers ask for pages of other sites, and read of the answers: CORS, as the Fetch standard has it.
@Suite("A location of nginx that pages of another site may call")
struct NginxCrossOriginTests {
  static let page = "https://app.example.com"

  static let server = """
    location /shared/ {
      set $bearerd_allow_origin \(page);
      set $bearerd_scope write;
      include snippets/bearerd-cors.conf;
      include snippets/bearerd-guard.conf;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    location /listed/ {
      set $bearerd_allow_origin $listed_origin;
      include snippets/bearerd-cors.conf;
      include snippets/bearerd-guard.conf;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    """

  static let origins = """
    map $http_origin $listed_origin {
      \(page) $http_origin;
      http://localhost:3000 $http_origin;
    }
    """

  /// The client's token, and what becomes of its request.
  enum Caller: CaseIterable {
    case none, wrong, reader, writer

    var status: Int {
      switch self {
      case .none, .wrong: 401
      case .reader: 403
      case .writer: 200
      }
    }
  }

  @Test(
    "tells the browser in every answer that the page may read it, and the challenge in it",
    arguments: ["bearerd-denied.conf", "bearerd-denied-json.conf"])
  func readable(denied: String) throws {
    let site = try site(denied: denied)
    let tokens: [Caller: String] = [
      .wrong: "unknown", .reader: try site.token("reader", "--scopes", "read"),
      .writer: try site.token("writer", "--scopes", "write"),
    ]
    for caller in Caller.allCases {
      let response = try site.http.get("/shared/x", token: tokens[caller], "Origin: \(Self.page)")
      #expect(response.status == caller.status)
      #expect(response.headers("Access-Control-Allow-Origin") == [Self.page], "\(caller)")
      #expect(response.headers("Access-Control-Expose-Headers") == ["WWW-Authenticate"], "\(caller)")
      #expect(response.headers("WWW-Authenticate").count == (caller == .writer ? 0 : 1), "\(caller)")
    }
    site.bearerd.stop()
    let down = try site.http.get("/shared/x", token: tokens[.writer], "Origin: \(Self.page)")
    #expect(down.status == 503)
    #expect(down.headers("Access-Control-Allow-Origin") == [Self.page])
  }

  @Test("answers a preflight without a token, and passes nothing of it on")
  func preflight() throws {
    let site = try site()
    for (path, origin, allowed) in [
      ("/shared/x", Self.page, [Self.page]), ("/listed/x", Self.page, [Self.page]),
      ("/listed/x", "http://localhost:3000", ["http://localhost:3000"]),
      ("/listed/x", "https://evil.example", []), ("/listed/x", "null", []),
    ] {
      let response = try site.http.request(
        "OPTIONS", path,
        lines: [
          "Origin: \(origin)", "Access-Control-Request-Method: DELETE",
          "Access-Control-Request-Headers: authorization,x-other",
        ].map { Array($0.utf8) })
      #expect(response.status == 204)
      #expect(response.headers("Access-Control-Allow-Origin") == allowed, "\(path) \(origin)")
      #expect(response.headers("Access-Control-Allow-Methods") == ["*"])
      #expect(response.headers("Access-Control-Allow-Headers") == ["Authorization, *"])
      #expect(response.body.isEmpty)
    }
  }

  @Test(
    "says nothing of the kind to pages of sites that are not listed, nor in other locations",
    arguments: ["bearerd-denied.conf", "bearerd-denied-json.conf"])
  func unreadable(denied: String) throws {
    let site = try site(denied: denied)
    let secret = try site.token("app")
    let reader = try site.token("reader", "--scopes", "read")
    for (path, origin) in [("/listed/x", "https://evil.example"), ("/api/x", Self.page)] {
      for token in [nil, "unknown", reader, secret] {
        let response = try site.http.get(path, token: token, "Origin: \(origin)")
        #expect(response.headers("Access-Control-Allow-Origin") == [], "\(path)")
      }
    }
    let denial = try site.http.get("/api/x", token: reader)
    #expect(denial.headers("Access-Control-Expose-Headers") == [])
    #expect(try site.http.request("OPTIONS", "/api/x").status == 401)
  }

  private func site(denied: String = "bearerd-denied.conf") throws -> NginxSite {
    try NginxSite(
      configuration: NginxConfiguration(server: Self.server, otherServers: Self.origins, denied: denied))
  }
}
