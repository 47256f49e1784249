import Foundation
import Testing

@Suite("Apache with nothing but .htaccess")
struct ApacheCGITests {
  private func site() throws -> FrontSite {
    let site = try FrontSite(.apacheCGI)
    try site.folder.make("outside\n", to: "site/outside.html")
    try site.folder.make("outside\n", to: "outside.html")
    try site.folder.make("outside\n", to: "site/hidden/.secret")
    return site
  }

  /// Replaces the script, for its next request, by one with more options or another private folder.
  private func script(
    _ site: FrontSite, _ options: String, privateFolder: String = "/hidden/", before: String = ""
  ) throws {
    let folder = site.folder
    try folder.make(
      """
      #!/bin/sh
      \(before)
      exec /bin/sh \(folder.path)/bearerd cgi --tokens \(folder.tokens) \
        --path REDIRECT_URL --public /private/ --private \(privateFolder) \(options)

      """, to: "script")
    try folder.install("script", as: "site/cgi-bin/bearerd.cgi")
  }

  @Test("reaches the private folder in no other way, token or not")
  func direct() throws {
    let site = try site()
    for path in [
      "/hidden/page.html", "//hidden/page.html", "/./hidden/page.html", "/%68idden/page.html",
      "/hidden//page.html",
      "/hidden", "/hidden/", "/hidden/?x", "/hidden/page.html/", "/hidden/page.html/x", "/hidden%2fpage.html",
      "/private/../hidden/page.html", "/private/%2e%2e/hidden/page.html", "/private/.%2e/hidden/page.html",
      "/private/%252e%252e/hidden/page.html", "/private/%25252e%25252e/hidden/page.html",
      "/private/..%2fhidden/page.html", "/private/%252e%252e%252fhidden/page.html",
      "/private/..%5chidden/page.html",
      "/private//../hidden/page.html", "/cgi-bin/../hidden/page.html",
      "/cgi-bin/bearerd.cgi/../../hidden/page.html",
      "/cgi-bin/bearerd.cgi/hidden/page.html", "/cgi-bin/bearerd.cgi/private/page.html",
      "/cgi-bin/bearerd.cgi",
      "/cgi-bin/bearerd.cgi?/private/page.html", "/cgi-bin/bearerd.cgi?REDIRECT_URL=/private/page.html",
      "/hidden/.htaccess", "/cgi-bin/.htaccess", "http://localhost/hidden/page.html",
      "/hidden/write/page.html",
    ] {
      for token in [nil, site.tokens.app] {
        for header in [
          "X-None: x", "Redirect-Redirect-Bearerd-Door: 1", "REDIRECT_REDIRECT_BEARERD_DOOR: 1",
          "Bearerd-Door: 1",
          "Redirect-URL: /private/page.html", "REDIRECT_URL: /private/page.html", "Redirect-Status: 200",
        ] {
          let response = try site.http.get(path, token: token, header)
          #expect([400, 401, 403, 404].contains(response.status), "\(path) \(response.status)")
          #expect(!response.body.contains("protected"), "\(path)")
        }
      }
    }
  }

  @Test(
    "hands over the file that was asked for, and no other",
    arguments: [
      ("page.html", "protected page\n"), ("page.html?x=1", "protected page\n"),
      ("page.html?x", "protected page\n"),
      ("page.html?", "protected page\n"), ("p%61ge.html", "protected page\n"),
      ("./page.html", "protected page\n"),
      ("sub/../page.html", "protected page\n"), ("/page.html", "protected page\n"), ("sub/", "index\n"),
      ("two%20words.html", "two words\n"), ("gr%c3%bcn+&=,@.html", "green\n"), ("ab.html", "ab\n"),
    ])
  func asked(path: String, body: String) throws {
    let site = try site()
    for (name, text) in [
      ("sub/index.html", "index\n"), ("two words.html", "two words\n"), ("grün+&=,@.html", "green\n"),
      ("ab.html", "ab\n"), ("a%62.html", "percent\n"),
    ] {
      try site.folder.make(text, to: "site/hidden/\(name)")
    }
    let response = try site.http.get("/private/\(path)", token: site.tokens.app)
    #expect(response.status == 200)
    #expect(response.body == body)
    #expect(response.headers("X-Bearerd-Application") == ["app"])
  }

  @Test("hands nothing over for a path that could be read in two ways")
  func games() throws {
    let site = try site()
    for (name, text) in [("sub/page.html", "protected\n"), ("ab.html", "ab\n"), ("a%62.html", "percent\n")] {
      try site.folder.make(text, to: "site/hidden/\(name)")
    }
    for path in [
      "../outside.html", "%2e%2e/outside.html", "..%2foutside.html", "..%5coutside.html",
      "%5c..%5coutside.html",
      "%252e%252e/outside.html", "%252e%252e%252foutside.html", "%25252e%25252e%25252foutside.html",
      "sub/../../outside.html", "sub/..%2f..%2foutside.html", "%c0%ae%c0%ae/outside.html", "..;/outside.html",
      "%uff0e%uff0e/outside.html", "..%00/outside.html", "page.html%00", "page.html%00.txt", "page.html%2500",
      "page.html%0a", "page.html%0d%0aX-Forged:%20y", "page.html%3fx", "page.html%23x", "page.html;x",
      "page.html%3bx",
      "page.html:x", "page.html/", "page.html/x", "page.html/../../outside.html", "page.html//", "sub",
      "sub%2fpage.html",
      "sub%5cpage.html", "a%2562.html", ".secret", "%2esecret", "sub/../.secret", ".htaccess", "%2ehtaccess",
      "",
      "\\..\\outside.html", "page.html%20/../x", "~me/page.html", "|id", "page.html%7cid",
      "http://localhost/private/page.html", "/%2e%2e//%2e%2e/outside.html",
      String(repeating: "a/", count: 600),
      String(repeating: "%2e%2e/", count: 50) + "etc/passwd",
    ] {
      let response = try site.http.get("/private/\(path)", token: site.tokens.app)
      // What Apache itself makes of a path leads out of /private/ at most: to what everybody may read.
      if response.status == 200 {
        #expect(path.hasSuffix("outside.html") && response.body == "outside\n", "\(path)")
        #expect(try site.http.get("/private/\(path)").status == 200, "\(path)")
      } else {
        #expect([400, 403, 404].contains(response.status), "\(path) \(response.status)")
      }
      #expect(!response.body.contains("protected") && !response.body.contains("root:"), "\(path)")
      #expect(response.headers("X-Forged").isEmpty, "\(path)")
    }
  }

  @Test("answers for a part of a file, and for one that did not change, as Apache does for any file")
  func parts() throws {
    let site = try site()
    let token = site.tokens.app
    let part = try site.http.get("/private/page.html", token: token, "Range: bytes=0-8")
    #expect(part.status == 206)
    #expect(part.body == "protected")
    let tag = try #require(part.headers("ETag").first)
    #expect(try site.http.get("/private/page.html", token: token, "If-None-Match: \(tag)").status == 304)
    #expect(try site.http.get("/private/page.html", "If-None-Match: \(tag)").status == 401)
  }

  @Test("takes no options from the query, not even by a script that passes its arguments on")
  func query() throws {
    let site = try site()
    let folder = site.folder
    let evil = try Bearerd.run("token", "new", "evil", tokens: "\(folder.path)/evil").line
    try #require(chmod("\(folder.path)/evil", 0o644) == 0)
    let queries = [
      "--tokens+\(folder.path)/evil", "--tokens%3d\(folder.path)/evil", "%2d%2dtokens+\(folder.path)%2fevil",
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
    #expect(try folder.read("error.log").contains("must not pass its arguments on"))
    // The attack is a real one: with nothing to compare with, it is open.
    try script(site, "\"$@\"", before: "unset QUERY_STRING")
    #expect(try site.http.get("/private/page.html?\(queries[0])", token: evil).status == 200)
  }

  @Test("takes the header from a RewriteRule where CGIPassAuth is not to be had, and only when told so")
  func redirectedHeader() throws {
    let site = try site()
    let folder = site.folder
    try folder.make("Options +ExecCGI\nAddHandler cgi-script .cgi\n", to: "site/cgi-bin/.htaccess")
    #expect(try site.http.get("/private/page.html", token: site.tokens.app).status == 401)
    let rules = try folder.read("site/.htaccess")
    try folder.make(
      rules.replacingOccurrences(of: "[E=", with: "[E=HTTP_AUTHORIZATION:%{HTTP:Authorization},E="),
      to: "site/.htaccess")
    #expect(try site.http.get("/private/page.html", token: site.tokens.app).status == 401)
    try script(site, "--accept-redirected-authorization")
    #expect(try site.http.get("/private/page.html", token: site.tokens.app).body == "protected page\n")
    for extra in ["Redirect-HTTP-Authorization: Bearer \(site.tokens.app)", "X-None: x"] {
      #expect(try site.http.get("/private/page.html", extra).status == 401)
    }
  }

  @Test("hands over by X-Sendfile a file that lies outside of the site")
  func sendfile() throws {
    let site = try site()
    let folder = site.folder
    try folder.make("protected file\n", to: "files/page.html")
    try folder.make("protected file\n", to: "files/sub/two words.html")
    try folder.make(folder.read("site/cgi-bin/.htaccess") + "XSendFile on\n", to: "site/cgi-bin/.htaccess")
    try script(site, "--x-sendfile", privateFolder: "\(folder.path)/files/")
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
