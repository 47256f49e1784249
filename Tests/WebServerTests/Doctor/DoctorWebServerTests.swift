import Foundation
import TestSupport
import Testing

@Suite("bearerd doctor")
struct DoctorWebServerTests {
  @Test("finds nothing wrong with the project's own example of any web server", arguments: WebServer.allCases)
  func webServers(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    for path in webServer.guarded {
      let outcome = try Bearerd.run(
        "doctor", "http://localhost:\(site.http.port)\(path)", "--token-stdin", "--public", "/",
        stdin: site.tokens.app)
      #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.output)\(outcome.errors)\(site.told)")
      #expect(outcome.output.contains("  ok     /: 200, public\n"))
      #expect(outcome.output.contains(" other ways without a token: no guarded content\n"))
      #expect(outcome.output.hasSuffix("for nginx: bearerd doctor nginx, or --nginx here\nAll is well.\n"))
      #expect(outcome.output.contains("  ok     in another case: 401\n"))
      #expect(!outcome.output.contains("no response"), "\(outcome.output)")
    }
  }

  @Test(
    "detects a web server that does not pass Authorization",
    arguments: [
      (WebServer.apacheAuthnzFcgi, "CGIPassAuth On"), (.apacheFcgid, "CGIPassAuth On"),
      (.haproxy, "pass-header authorization"),
    ])
  func stripped(webServer: WebServer, directive: String) throws {
    let site = try WebServerSite(webServer, omitted: directive)
    let outcome = try Bearerd.run(
      "doctor", "http://localhost:\(site.http.port)/private/page.html", "--token-stdin",
      stdin: site.tokens.app)
    #expect(outcome.findings == ["with your token: 401, as without one"], "\(outcome.output)")
    #expect(outcome.output.contains("your server strips Authorization: no token has reached bearerd"))
    #expect(outcome.output.contains(": \(directive)\n"), "\(outcome.output)")
  }

  @Test("tells why a token does not get in")
  func tokens() throws {
    let site = try WebServerSite(.nginx)
    for (token, path, finding) in [
      (
        site.tokens.reader, "/private/page.html",
        ["with your token: 403, error=\"insufficient_scope\"", "-> bearerd token new APP"]
      ),
      (
        site.tokens.reader, "/api/write/x",
        ["with your token: 403, error=\"insufficient_scope\"", "-> bearerd token new APP --scopes write"]
      ),
      (
        site.tokens.far, "/private/page.html",
        ["with your token: 401, error=\"invalid_token\"", "-> bearerd token explain <TOKEN"]
      ),
    ] {
      let outcome = try Bearerd.run(
        "doctor", "http://localhost:\(site.http.port)\(path)", "--token-stdin", stdin: token)
      #expect(outcome.code == 1 && outcome.findings.count == 1, "\(outcome.output)")
      #expect(finding.allSatisfy { outcome.output.contains($0) }, "\(outcome.output)")
    }
    try site.stopDaemon(SIGTERM)
    let outcome = try Bearerd.run("doctor", "http://localhost:\(site.http.port)/private/page.html")
    #expect(outcome.findings == ["without a token: 503"])
    #expect(outcome.output.contains("-> bearerd doctor unix:/run/bearerd/bearerd.sock"))
  }
}

extension Outcome {
  /// What the doctor found wrong.
  var findings: [String] {
    output.components(separatedBy: "\n").filter { $0.hasPrefix("  wrong  ") }.map { String($0.dropFirst(9)) }
  }
}
