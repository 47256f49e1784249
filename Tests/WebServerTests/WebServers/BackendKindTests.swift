import Testing

/// Everything that can stand behind a guarded path, on each web server: its response arrives as it was sent.
@Suite("Every kind of backend")
struct BackendKindTests {
  /// The example of plain CGI only hands files over.
  static let webServers = WebServer.allCases.filter { $0 != .apacheCGI }

  private static let forged = NamingTests.spellings.filter { !$0.contains(".") }.map { "\($0): admin" }

  @Test(
    "sends its whole response, is told the name, and sees no secret; the web server adds nothing of bearerd's",
    arguments: webServers)
  func whole(webServer: WebServer) throws {
    let site = try WebServerSite(webServer, addition: .kinds(BackendKinds()))
    let lines = ["Authorization: Bearer \(site.tokens.app)"] + BackendKindTests.forged
    // The others' examples speak HTTP/2 over TLS only, or not at all.
    let isApache = webServer == .apacheFcgid || webServer == .apacheAuthnzFcgi
    for kind in BackendKind.kinds(of: webServer) {
      for way in Curl.Way.allCases where way != .http2 || isApache {
        for response in try Curl(site, way, headers: lines).get("/private/\(kind.path)") {
          let problems = kind.problems(of: response, token: site.tokens.app)
          #expect(problems == [], "\(way) \(site.told)")
        }
      }
      for response in try Curl(site, .kept, headers: []).get("/private/\(kind.path)") {
        #expect(response.status == 401, "\(kind.name)")
        let isOpen = kind.leaks(response)
        #expect(!isOpen, "\(kind.name)")
      }
    }
  }
}
