import Foundation
import TestSupport
import Testing

@Suite("bearerd.cgi of an Apache with nothing but .htaccess")
struct ApacheCGIScriptTests {
  /// Replaces the script, for its next request, by one with more options or another private directory.
  private func script(
    _ site: WebServerSite, _ options: String, privateDirectory: String = "/hidden/", before: String = ""
  ) throws {
    let directory = site.directory
    try directory.make(
      """
      #!/bin/sh
      \(before)
      exec /bin/sh \(directory.path)/bearerd cgi --tokens \(directory.tokens) \
        --path REDIRECT_URL --public /private/ --private \(privateDirectory) \(options)

      """, to: "script")
    try directory.install("script", as: "site/cgi-bin/bearerd.cgi")
  }

  @Test("takes no options from the query, not even by a script that passes its arguments on")
  func query() throws {
    let site = try WebServerSite(.apacheCGI)
    let directory = site.directory
    let evil = try Bearerd.run("token", "new", "evil", tokens: "\(directory.path)/evil").line
    try #require(chmod("\(directory.path)/evil", 0o644) == 0)
    let queries = [
      "--tokens+\(directory.path)/evil", "--tokens%3d\(directory.path)/evil",
      "%2d%2dtokens+\(directory.path)%2fevil",
    ]
    for query in queries {
      #expect(try site.http.get("/private/page.html?\(query)", token: evil).status != 200)
    }
    #expect(try site.http.get("/private/page.html?--verbose+x", token: evil).status == 401)
    #expect(try site.http.get("/private/page.html?--verbose+x", token: site.tokens.app).status == 200)
    try script(site, "\"$@\"")
    #expect(try site.http.get("/private/page.html?a=b", token: site.tokens.app).status == 200)
    for query in queries {
      #expect(try site.http.get("/private/page.html?\(query)", token: evil).status == 500)
    }
    #expect(try directory.read("error.log").contains("must not pass its arguments on"))
    try script(site, "\"$@\"", before: "unset QUERY_STRING")
    #expect(try site.http.get("/private/page.html?\(queries[0])", token: evil).status == 500)
    // The attack works where bearerd cannot know that a web server started it.
    try script(site, "\"$@\"", before: "unset QUERY_STRING GATEWAY_INTERFACE")
    #expect(try site.http.get("/private/page.html?\(queries[0])", token: evil).status == 200)
  }

  @Test(
    "also serves a script in the hidden directory, which sees no secret and no name of the client's")
  func hiddenScript() throws {
    let site = try WebServerSite(.apacheCGI)
    let directory = site.directory
    try directory.make(
      String(contentsOfFile: "\(repository)/Tests/lib/report.py", encoding: .utf8), to: "report.py")
    try directory.install("report.py", as: "site/hidden/report.cgi")
    let access = try directory.read("site/hidden/.htaccess")
    try directory.make(access + "Options +ExecCGI\nAddHandler cgi-script .cgi\n", to: "site/hidden/.htaccess")
    #expect(try site.http.get("/private/report.cgi").status == 401)
    // HTTP/1.0, to which Apache answers in one piece.
    let lines = [
      "GET /private/report.cgi HTTP/1.0", "Authorization: Bearer \(site.tokens.app)",
      "X_Bearerd_Application: admin",
    ]
    let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    let response = HTTPResponse(bytes: try site.http.exchange(request))
    let report = try #require(Report(Array(response.body.utf8)), "\(response.status)")
    #expect(!report.contains(site.tokens.app), "\(report.values("AUTHORIZATION"))")
    #expect(!report.contains("admin"))
  }

  @Test("takes the header from a RewriteRule where CGIPassAuth is not to be had, and only when told so")
  func redirectedHeader() throws {
    let site = try WebServerSite(.apacheCGI)
    let directory = site.directory
    try directory.make("Options +ExecCGI\nAddHandler cgi-script .cgi\n", to: "site/cgi-bin/.htaccess")
    #expect(try site.http.get("/private/page.html", token: site.tokens.app).status == 401)
    let rules = try directory.read("site/.htaccess")
    try directory.make(
      rules.replacingOccurrences(of: "[E=", with: "[E=HTTP_AUTHORIZATION:%{HTTP:Authorization},E="),
      to: "site/.htaccess")
    #expect(try site.http.get("/private/page.html", token: site.tokens.app).status == 401)
    try script(site, "--accept-redirected-authorization")
    #expect(try site.http.get("/private/page.html", token: site.tokens.app).body == "protected page\n")
    for extra in ["Redirect-HTTP-Authorization: Bearer \(site.tokens.app)", "X-None: x"] {
      #expect(try site.http.get("/private/page.html", extra).status == 401)
    }
  }

  @Test("gets its scope from the script and not from a rule where suexec removes the variable")
  func suexec() throws {
    let site = try WebServerSite(.apacheCGI)
    let path = "/private/write/page.html"
    // What suexec keeps is a list of names, REDIRECT_URL and HTTP_* among them.
    let suexec = "unset BEARERD_SCOPE REDIRECT_BEARERD_SCOPE REDIRECT_BEARERD_GUARDED"
    try script(site, "", before: suexec)
    for token in [site.tokens.writer, site.tokens.reader] {
      #expect(try site.http.get(path, token: token).status == 403)
    }
    #expect(try site.http.get(path, token: site.tokens.app).body == "protected page\n")
    try script(site, "--scope write", before: suexec)
    #expect(try site.http.get(path, token: site.tokens.writer).body == "protected page\n")
    #expect(try site.http.get(path, token: site.tokens.reader).status == 403)
    try script(site, "--scope read")
    #expect(try site.http.get(path, token: site.tokens.app).status == 500)
  }

  @Test("hands over by X-Sendfile a file that lies outside of the site")
  func sendfile() throws {
    let site = try WebServerSite(.apacheCGI)
    let directory = site.directory
    try directory.make("protected file\n", to: "files/page.html")
    try directory.make("protected file\n", to: "files/sub/two words.html")
    try directory.make(
      directory.read("site/cgi-bin/.htaccess") + "XSendFile on\n", to: "site/cgi-bin/.htaccess")
    try script(site, "--x-sendfile", privateDirectory: "\(directory.path)/files/")
    for path in ["page.html", "sub/two%20words.html", "sub/../page.html?x"] {
      let response = try site.http.get("/private/\(path)", token: site.tokens.app)
      #expect(response.status == 200, "\(path)")
      #expect(response.body == "protected file\n", "\(path)")
      #expect(response.headers("X-Bearerd-Application") == ["app"])
      #expect(response.headers("X-Sendfile").isEmpty)
      #expect(try site.http.get("/private/\(path)").status == 401)
      let head = try site.http.request(
        "HEAD", "/private/\(path)", lines: [Array("Authorization: Bearer \(site.tokens.app)".utf8)])
      #expect(head.status == 200 && head.body.isEmpty, "\(path)")
    }
    for path in [
      "", "sub/", "sub", "%2e%2e%2ftokens", "..%5ctokens", "%252e%252e/tokens", "page.html%00", ".secret",
      "no",
    ] {
      let response = try site.http.get("/private/\(path)", token: site.tokens.app)
      #expect(response.status == 404 || response.status == 403, "\(path) \(response.status)")
      #expect(!site.leaks(response), "\(path)")
    }
  }
}
