import Foundation
import TestSupport
import Testing

@Suite("Every web server")
struct WebServerTests {
  static let challenge = "Bearer realm=\"bearerd\""

  @Test(
    "denies requests without a token or with a wrong one, with a challenge that reaches the client",
    arguments: WebServer.allCases)
  func refused(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    let cases: [(token: String?, challenge: String)] = [
      (nil, WebServerTests.challenge),
      (
        "unknown",
        "\(WebServerTests.challenge), error=\"invalid_token\", error_description=\"The token is not valid\""
      ),
      (
        site.tokens.far,
        "\(WebServerTests.challenge), error=\"invalid_token\", error_description=\"The token is not valid\""
      ),
    ]
    for path in webServer.guarded {
      for method in ["GET", "HEAD", "POST"] {
        for (token, challenge) in cases {
          let response = try site.http.request(
            method, path, lines: authorization(token), body: method == "POST" ? Array("a=b".utf8) : [])
          #expect(response.status == 401, "\(method) \(path) \(response.status) \(site.told)")
          #expect(response.headers("WWW-Authenticate") == [challenge], "\(method) \(path)")
          #expect(!site.leaks(response), "\(method) \(path)")
        }
      }
    }
    #expect(try site.http.get("/").status == 200)
  }

  @Test(
    "lets the right token in, with GET, HEAD and POST, to files and to a backend",
    arguments: WebServer.allCases)
  func allowed(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    for token in [site.tokens.app, site.tokens.near] {
      for path in webServer.guarded {
        let response = try site.http.get(path, token: token)
        #expect(site.isInside(response, path), "\(path) \(response.status) \(site.told)")
      }
    }
    let lines = authorization(site.tokens.app)
    for path in webServer.guarded {
      let head = try site.http.request("HEAD", path, lines: lines)
      #expect(head.status == 200, "\(path)")
      #expect(head.body.isEmpty, "\(path)")
    }
    guard webServer.guardsBackends else {
      let post = try site.http.request("POST", "/private/page.html", lines: lines, body: Array("a=b".utf8))
      #expect(post.status == 405)
      #expect(post.headers("Allow") == ["GET, HEAD"])
      return
    }
    let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let sum = body.reduce(into: UInt32(0)) { $0 = $0 &* 31 &+ UInt32($1) }
    let post = try site.http.request("POST", "/api/x", lines: lines, body: body)
    #expect(post.body.hasPrefix("POST /api/x"))
    #expect(post.body.contains("body 1000000 \(sum)"))
  }

  @Test("allows only tokens with the scope that a location requires", arguments: WebServer.allCases)
  func scopes(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    for token in [site.tokens.app, site.tokens.writer] {
      #expect(site.isInside(try site.http.get(webServer.write, token: token), webServer.write))
    }
    let denial =
      "\(WebServerTests.challenge), error=\"insufficient_scope\", error_description=\"The token lacks the required scope\""
    let refused =
      [(webServer.write, site.tokens.reader, ", scope=\"write\"")]
      + webServer.guarded.map { ($0, site.tokens.writer, "") }
    for (path, token, scope) in refused {
      for header in ["X-None: x", "Bearerd-Scope: read", "BEARERD_SCOPE: write"] {
        let response = try site.http.get(path, token: token, header)
        #expect(response.status == webServer.statusWithoutScope, "\(path) \(response.status) \(site.told)")
        #expect(response.headers("WWW-Authenticate") == [denial + scope], "\(path)")
        #expect(!site.leaks(response), "\(path)")
      }
    }
  }

  @Test("refuses two Authorization headers, in any order", arguments: WebServer.allCases)
  func twoHeaders(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    for tokens in [[site.tokens.app, "x"], ["x", site.tokens.app], [site.tokens.app, site.tokens.app]] {
      for path in webServer.guarded {
        let response = try site.http.request("GET", path, lines: tokens.flatMap { authorization($0) })
        #expect(response.status == webServer.statusOfTwoHeaders, "\(path) \(response.status) \(site.told)")
        #expect(!site.leaks(response), "\(path)")
      }
    }
  }

  @Test(
    "tells the backend and its own log who called, and the backend no secret; a client cannot say it is another",
    arguments: WebServer.allCases)
  func names(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    if webServer.guardsBackends {
      let seen = try site.http.get(
        "/api/x", token: site.tokens.app, "X-Bearerd-Application: root", "X-Bearerd-Key: root"
      ).body
      #expect(!seen.contains(site.tokens.app))
      #expect(!seen.contains("root"))
      // HAProxy writes the names of headers in its own way.
      let headers = seen.lowercased()
      #expect(headers.contains("x-bearerd-application: app\r\n"))
      #expect(headers.contains("x-bearerd-key: "))
      #expect(!headers.contains("authorization"))
    }
    #expect(try site.http.get("/private/page.html", token: site.tokens.near).status == 200)
    #expect(try site.http.get("/private/page.html", token: "unknown").status == 401)
    let lines = try site.accessLog().split(separator: "\n")
    #expect(lines.filter { $0.contains("/api/x") }.allSatisfy { $0.contains("app") })
    #expect(lines.contains { $0.contains("/private/page.html") && $0.contains("near") })
    #expect(!lines.contains { $0.contains(site.tokens.app) || $0.contains(site.tokens.near) })
  }

  @Test("protects a location however its path is written", arguments: WebServer.allCases)
  func spellings(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    for path in [
      "/private/../private/page.html", "//private/page.html", "/./private/page.html", "/%70rivate/page.html",
      "/private%2fpage.html", "/x/..//private//page.html", "/PRIVATE/page.html", "/private/page.html/",
      "/private/page.html;x", "/private\\page.html", "/%2e/private/page.html", "/x/%2e%2e/private/page.html",
      "/private", "/private/", "/private/?x", "/index.html/../private/page.html", "/api/write/../x",
      "/api//x",
      "//api/x", "/%61pi/x", "http://localhost/private/page.html",
    ] {
      let response = try site.http.get(path)
      #expect(response.body != "protected page\n", "\(path)")
      #expect(!site.leaks(response), "\(path)")
    }
    // A location with a scope requires it in all spellings, too.
    for path in [
      "/api/x/../write/x", "//api/write/x", "/api//write/x", "/%61pi/write/x", "/api/%77rite/x",
      "/private/x/../write/page.html", "//private/write/page.html", "/private//write/page.html",
      "/%70rivate/write/page.html", "/private/%77rite/page.html",
    ] where path.contains("api") == webServer.guardsBackends {
      #expect(!site.leaks(try site.http.get(path, token: site.tokens.reader)), "\(path)")
    }
  }

  @Test(
    "denies every request while the daemon is down, and allows valid tokens again afterwards",
    arguments: WebServer.allCases,
    [SIGTERM, SIGKILL])
  func down(webServer: WebServer, signal: Int32) throws {
    let site = try WebServerSite(webServer)
    #expect(try site.http.get("/private/page.html", token: site.tokens.app).status == 200)
    try site.stopDaemon(signal)
    // Killed, it leaves its socket behind.
    if webServer.link == .socket, signal == SIGKILL {
      #expect(FileManager.default.fileExists(atPath: "\(site.directory.path)/socket"))
    }
    for path in webServer.guarded {
      for token in [site.tokens.app, nil] {
        let response = try site.http.get(path, token: token)
        #expect(response.status == webServer.statusWithoutDaemon, "\(path) \(response.status) \(site.told)")
        #expect(!site.leaks(response), "\(path)")
      }
    }
    #expect(try site.http.get("/").body == "public page\n")
    try site.restartDaemon()
    #expect(
      try eventually(seconds: 10) {
        try site.http.get("/private/page.html", token: site.tokens.app).body == "protected page\n"
      })
  }

  private func authorization(_ token: String?) -> [[UInt8]] {
    token.map { [Array("Authorization: Bearer \($0)".utf8)] } ?? []
  }
}
