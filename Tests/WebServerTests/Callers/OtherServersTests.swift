import Foundation
import TestSupport
import Testing

/// The lines that each example has for them, in comments.
@Suite("BEARERD_TOKEN and BEARERD_ACCEPT behind other web servers")
struct OtherServersTests {
  private static let webServers: [WebServer] = [.apacheFcgid, .apacheAuthnzFcgi, .lighttpd, .caddy, .haproxy]

  /// The example's lines for both, without their comment signs.
  private func site(_ webServer: WebServer, _ addition: Addition? = nil) throws -> WebServerSite {
    try WebServerSite(webServer, addition: addition) { directory in
      let lua = "\(repository)/examples/lighttpd-authorizer/backend.lua"
      if webServer == .lighttpd {
        try directory.make(String(contentsOfFile: lua, encoding: .utf8), to: "backend.lua")
        try directory.make(
          directory.read("site.conf").replacing(lua, with: "\(directory.path)/backend.lua"), to: "site.conf")
      }
      for name in ["site.conf", "site.caddy", "haproxy.cfg", "bearerd.lua", "backend.lua"] {
        guard let text = try? directory.read(name) else { continue }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
          let sign = line.firstRange(of: /^\s*(#|--)(?=[a-zA-Z])/)
          return sign.map { line.replacing(/#|--/, with: "", subrange: $0, maxReplacements: 1) } ?? line
        }
        try directory.make(lines.joined(separator: "\n"), to: name)
      }
    }
  }

  private func basic(_ user: String, _ password: String) -> String {
    "Authorization: Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }

  @Test(
    "let in a token in a header of its own, and as the password of Basic; no backend sees either",
    arguments: webServers)
  func decides(webServer: WebServer) throws {
    let site = try site(webServer)
    let tokens = site.tokens
    // On Apache only an HTTP backend cannot see the variable.
    let isApache = webServer.example.hasPrefix("apache")
    for path in isApache ? ["/api/x"] : webServer.guarded {
      for line in [
        "X-API-Key: \(tokens.app)", basic("ci", tokens.app), "Authorization: Bearer \(tokens.app)",
      ] {
        let response = try site.http.get(path, line)
        let isSeen = response.body.contains(tokens.app) || response.body.contains("Authorization: Basic")
        #expect(
          site.isInside(response, path) && !isSeen,
          "\(path) \(line.prefix(20)) \(response.status) \(site.told)")
      }
      for lines in [
        ["X-API-Key: wrong"], [basic("ci", "wrong")], [basic(tokens.app, "")], ["X-API-Key: "], [],
        ["X-API-Key: \(tokens.app)", "Authorization: Bearer wrong"],
        ["X-API-Key: wrong", basic("ci", tokens.app)],
      ] {
        let response = try site.http.request("GET", path, lines: lines.map { Array($0.utf8) })
        #expect(response.status == 401, "\(path) \(lines.map { $0.prefix(20) })")
        let challenges = response.headers("WWW-Authenticate")
        #expect(
          challenges.count == 1 && challenges[0].hasPrefix("Basic realm=\"bearerd\", Bearer"), "\(challenges)"
        )
      }
      let scoped = try site.http.get(path, "X-API-Key: \(tokens.writer)")
      #expect(scoped.status == webServer.statusWithoutScope)
    }
    #expect(try site.http.get("/private/page.html", basic("ci", tokens.app)).body == "protected page\n")
    #expect(try site.http.get(webServer.write, "X-API-Key: \(tokens.writer)").status == 200)
    #expect(try site.http.get(webServer.write, basic("ci", tokens.writer)).status == 200)
    let isTold = site.told.contains(tokens.app)
    #expect(!isTold)
  }

  @Test("keep a token in a header of its own from lighttpd's backends of every kind")
  func kinds() throws {
    let site = try site(.lighttpd, .kinds(BackendKinds()))
    for kind in BackendKind.kinds(of: .lighttpd) {
      let curl = Curl(site, .kept, headers: ["X-API-Key: \(site.tokens.app)"])
      for response in try curl.get("/private/\(kind.path)") {
        let problems = kind.problems(of: response, token: site.tokens.app)
        #expect(problems.isEmpty, "\(problems)")
      }
    }
  }
}
