import TestSupport
import Testing

@Suite("The Authorization header")
struct AuthorizationTests {
  private static let suspicion = "none of the first 50 checks had an Authorization header"

  @Test(
    "that a web server does not pass is noticed, and bearerd's log says once what to add",
    arguments: [
      (WebServer.apacheFcgid, "CGIPassAuth On"), (.apacheAuthnzFcgi, "CGIPassAuth On"),
      (.haproxy, "pass-header authorization"),
    ])
  func kept(webServer: WebServer, directive: String) throws {
    let site = try WebServerSite(webServer, omitted: directive)
    for _ in 0..<60 {
      #expect(try site.http.get("/private/page.html", token: site.tokens.app).status == 401)
    }
    #expect(eventually { site.told.contains(AuthorizationTests.suspicion) }, "\(site.told)")
    #expect(site.told.components(separatedBy: AuthorizationTests.suspicion).count == 2)
    #expect(site.told.contains("`\(directive)`"))
  }

  @Test(
    "is not noticed if the web server passes it, and no client sends one",
    arguments: [
      WebServer.nginx, .lighttpd, .caddy,
    ])
  func anonymous(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    for _ in 0..<60 { #expect(try site.http.get("/private/page.html").status == 401) }
    #expect(!site.told.contains(AuthorizationTests.suspicion))
  }

  @Test(
    "is not noticed once a web server has passed one, with a valid token or not",
    arguments: WebServer.allCases.filter { $0.link != .program })
  func application(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    #expect(try site.http.get("/private/page.html", token: "unknown").status == 401)
    for _ in 0..<60 { #expect(try site.http.get("/private/page.html").status == 401) }
    #expect(!site.told.contains(AuthorizationTests.suspicion))
  }
}
