import Foundation
import TestSupport
import Testing

/// With `underscores_in_headers on`: by default nginx drops what only resembles a name.
@Suite("The application's name through nginx")
struct NginxNamingTests {
  private static let server = """
    underscores_in_headers on;
    location /public/ {
      include snippets/bearerd-public.conf;
      proxy_pass http://BACKEND;
    }
    location /app/ {
      include snippets/bearerd-guard.conf;
      include /etc/nginx/fastcgi_params;
      include snippets/bearerd-fastcgi.conf;
      fastcgi_pass 127.0.0.1:FASTCGI;
    }
    location /public/app/ {
      include /etc/nginx/fastcgi_params;
      include snippets/bearerd-public.conf;
      fastcgi_pass 127.0.0.1:FASTCGI;
    }
    """

  private static let forged = NamingTests.spellings.filter { !$0.contains(".") }

  private func site() throws -> (NginxSite, backend: Program) {
    let port = try freePort()
    let backend = try Program(["python3", "\(repository)/Tests/lib/report.py", "fastcgi", "\(port)"])
    try #require(eventually { isListening(on: port) }, "\(backend.output)")
    let server = NginxNamingTests.server.replacing("FASTCGI", with: "\(port)")
    return (try NginxSite(configuration: NginxConfiguration(server: server)), backend)
  }

  @Test("is the token's, for HTTP and FastCGI backends, and empty if no token is required")
  func names() throws {
    let (site, backend) = try site()
    defer { backend.stop() }
    let secret = try site.token("app")
    let all = [NginxNamingTests.forged] + NginxNamingTests.forged.map { [$0] }
    for names in all {
      let lines = names.map { "\($0): admin" } + ["Authorization: Bearer \(secret)"]
      func ask(_ path: String) throws -> HTTPResponse {
        let response = try site.http.request("GET", path, lines: lines.map { Array($0.utf8) })
        #expect(response.status == 200, "\(path) \(names)")
        return response
      }
      let told = try ask("/api/x").body
      let isSeen = told.contains(secret)
      #expect(!told.contains("admin") && !isSeen, "\(names)")
      #expect(told.contains("X-Bearerd-Application: app\r\n"), "\(names)")
      #expect(!(try ask("/public/x").body.contains("admin")), "\(names)")
      let report = try #require(Report(Array(try ask("/app/x").body.utf8)))
      #expect(!report.contains("admin") && !report.contains(secret), "\(names)")
      #expect(report.values("BEARERD_APPLICATION") == ["app", "app"], "\(names)")
      #expect(Set(report.values("BEARERD_KEY").map(\.count)) == [6], "\(names)")
      let publicReport = try #require(Report(Array(try ask("/public/app/x").body.utf8)))
      #expect(!publicReport.contains("admin"), "\(names)")
      #expect(publicReport.values("BEARERD_APPLICATION") == [], "\(names)")
    }
  }

  @Test("has no key where the token has none")
  func withoutKey() throws {
    let (site, backend) = try site()
    defer { backend.stop() }
    let secret = try site.token("app")
    try site.directory.write(site.directory.read().replacing(#/id=\w+ /#, with: ""))
    let isWithout = try eventually {
      let body = try site.http.get("/app/x", token: secret, "X_Bearerd_Key: admin", "X-Bearerd-Key: admin")
        .body
      guard let report = Report(Array(body.utf8)) else { return false }
      return report.values("BEARERD_KEY").allSatisfy { $0.isEmpty }
    }
    #expect(isWithout)
  }
}
