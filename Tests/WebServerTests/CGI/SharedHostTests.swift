import Foundation
import TestSupport
import Testing

@Suite("A site on a shared host")
struct SharedHostTests {
  /// Without `CGIPassAuth`, which belongs to AllowOverride AuthConfig, and which suexec would not pass on.
  private static let header = (
    old: "CGIPassAuth On", new: "SetEnvIf Authorization \"(.+)\" HTTP_AUTHORIZATION=$1"
  )

  private func check(_ host: SharedHost, at prefix: String = "") throws {
    let page = "\(prefix)/private/page.html"
    #expect(try host.http.get(page).status == 401, "\(host.told)")
    #expect(try host.http.get(page, token: "\(host.tokens.app)x").status == 401)
    #expect(try host.http.get(page, token: host.tokens.app).body == "protected page\n", "\(host.told)")
    #expect(try host.http.get("\(prefix)/private/sub/", token: host.tokens.app).body == "protected index\n")
    #expect(try host.http.get("\(prefix)/private/sub/").status == 401)
    #expect(try host.http.get(page, token: host.tokens.writer).status == 403)
    for path in ["hidden/page.html", "hidden/sub/", "hidden/sub/index.html", "hidden//page.html", "hidden/"] {
      for token in [nil, host.tokens.app] {
        let response = try host.http.get(
          "\(prefix)/\(path)", token: token, "Redirect-Redirect-Bearerd-Guarded: 1")
        #expect([403, 404].contains(response.status), "\(path) \(response.status)")
      }
    }
    let headers = ["HTTP_AUTHORIZATION", "Redirect-HTTP-Authorization", "X-Authorization"]
    for name in headers {
      #expect(try host.http.get(page, "\(name): Bearer \(host.tokens.app)").status == 401, "\(name)")
    }
  }

  @Test("where SetEnvIf passes the header, since CGIPassAuth is not allowed", arguments: ["cgi", "cgid"])
  func header(module: String) throws {
    try check(try SharedHost(module: module) { try $0.edit("cgi-bin/.htaccess", [SharedHostTests.header]) })
  }

  @Test("where .htaccess may hold no Require: the rule of the README closes the directory")
  func noRequire() throws {
    let readme = try String(contentsOfFile: "\(repository)/examples/apache-cgi/README.md", encoding: .utf8)
    let rules = try #require(
      readme.components(separatedBy: "```apache\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        .first { $0.contains("REDIRECT_REDIRECT_BEARERD_GUARDED") })
    try check(
      try SharedHost(override: "FileInfo Indexes Options") {
        try $0.edit("cgi-bin/.htaccess", [SharedHostTests.header])
        try $0.write(rules, to: "hidden/.htaccess")
      })
    // The example as it is denies everything there.
    let host = try SharedHost(override: "FileInfo Indexes Options") { _ in }
    #expect(try host.http.get("/hidden/page.html").status == 500)
    #expect(try host.http.get("/private/page.html", token: host.tokens.app).status == 500)
  }

  @Test("where programs run as the customer (suexec)", .enabled(if: SuexecDirectory.isAvailable))
  func suexec() throws {
    try check(try SharedHost(suexec: true) { _ in })
    try check(try SharedHost(suexec: true) { try $0.edit("cgi-bin/.htaccess", [SharedHostTests.header]) })
  }

  @Test("below a user's name: /~me/")
  func userSite() throws {
    let host = try SharedHost(isUserSite: true) { host in
      try host.edit(".htaccess", [("/cgi-bin/bearerd.cgi", "/~me/cgi-bin/bearerd.cgi")])
      try host.edit(
        "cgi-bin/bearerd.cgi",
        [("--public /private/ --private /hidden/", "--public /~me/private/ --private /~me/hidden/")])
    }
    try check(host, at: "/~me")
    #expect(try host.http.get("/%7eme/private/page.html", token: host.tokens.app).body == "protected page\n")
    #expect(try host.http.get("/%7Eme/private/page.html").status == 401)
    #expect(try host.http.get("/~me/private/write/page.html", token: host.tokens.app).status == 404)
  }

  @Test("has the ways around the check that the README names, and not those that it denies")
  func waysAround() throws {
    let host = try SharedHost { host in
      let files = FileManager.default
      try files.createSymbolicLink(atPath: "\(host.site)/link", withDestinationPath: "hidden")
      try files.createSymbolicLink(atPath: "\(host.site)/link.html", withDestinationPath: "hidden/page.html")
      try host.write("Require all granted\n", to: "hidden/open/.htaccess")
      try host.write("open\n", to: "hidden/open/page.html")
    }
    #expect(try host.http.get("/link/page.html").status == 403)
    #expect(try host.http.get("/link.html").body == "protected page\n")
    #expect(try host.http.get("/hidden/open/page.html").body == "open\n")
    let blind = try SharedHost(override: "None")
    #expect(try blind.http.get("/hidden/page.html").body == "protected page\n")
    let ruled = try SharedHost {
      try $0.edit(
        ".htaccess", [("RewriteEngine On", "RewriteEngine On\nRewriteRule ^private/page /index.html [L]")])
    }
    #expect(try ruled.http.get("/private/page.html").status == 200)
  }

  /// The example's directory with mod_fcgid, a page and a CGI script in it.
  private func fcgidHost(suexec: Bool) throws -> SharedHost {
    try SharedHost(suexec: suexec, module: "fcgid") { host in
      try host.copy("fcgid/private/.htaccess", to: "private/.htaccess")
      try host.copy("fcgid/bearerd.fcgi", to: "cgi-bin/bearerd.fcgi")
      try host.edit("private/.htaccess", [("/home/me/public_html", host.site)])
      try host.edit(
        "cgi-bin/bearerd.fcgi",
        [("/home/me/bin/bearerd", Bearerd.path), ("/home/me/bearerd/tokens", "\(host.home)/tokens")])
      try FileManager.default.removeItem(atPath: "\(host.site)/.htaccess")
      try host.write("protected page\n", to: "private/page.html")
      try host.write(
        host.read("private/.htaccess") + "Options +ExecCGI\nAddHandler cgi-script .cgi\n",
        to: "private/scripts/.htaccess")
      let script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\nenv\n"
      try host.write(script, to: "private/scripts/page.cgi")
      try #require(chmod("\(host.site)/private/scripts/page.cgi", 0o755) == 0)
      try host.write(
        host.read("private/.htaccess") + "SetEnvIfExpr true BEARERD_SCOPE=write\n",
        to: "private/write/.htaccess")
      try host.write("protected page\n", to: "private/write/page.html")
    }
  }

  @Test(
    "that has mod_fcgid in .htaccess checks every request and method, without a process for each",
    arguments: SuexecDirectory.isAvailable ? [false, true] : [false])
  func fcgid(suexec: Bool) throws {
    let host = try fcgidHost(suexec: suexec)
    let good = [Array("Authorization: Bearer \(host.tokens.app)".utf8)]
    #expect(try host.http.get("/private/page.html").status == 401, "\(host.told)")
    #expect(try host.http.get("/private/page.html", token: "wrong").status == 401)
    let page = try host.http.get("/private/page.html", token: host.tokens.app)
    #expect(page.status == 200 && page.body == "protected page\n", "\(page.status) \(host.told)")
    #expect(try host.http.get("/private/page.html", token: host.tokens.writer).status != 200)
    #expect(
      try host.http.get("/private/write/page.html", token: host.tokens.writer).body == "protected page\n")
    #expect(try host.http.get("/private/write/page.html").status == 401)
    let body = Array("a=b".utf8)
    #expect(try host.http.request("POST", "/private/page.html", body: body).status == 401)
    let posted = try host.http.request("POST", "/private/page.html", lines: good, body: body)
    #expect([200, 405].contains(posted.status), "\(posted.status)")
    #expect(try host.http.request("POST", "/private/scripts/page.cgi", body: body).status == 401)
    let ran = try host.http.request("POST", "/private/scripts/page.cgi", lines: good, body: body)
    #expect(ran.status == 200 && !ran.body.contains(host.tokens.app), "\(ran.status) \(host.told)")
    // Asked for directly, the program is a file at most, or answers nothing but a check.
    let direct = try host.http.get("/cgi-bin/bearerd.fcgi?token+list")
    #expect(!direct.body.contains("app "), "\(direct.body)")
  }
}
