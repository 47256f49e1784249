import Foundation
import Testing

@Suite("Apache with nothing but .htaccess")
struct ApacheCGITests {
  private func site() throws -> WebServerSite {
    let site = try WebServerSite(.apacheCGI)
    try site.directory.make("outside\n", to: "site/outside.html")
    try site.directory.make("outside\n", to: "outside.html")
    try site.directory.make("outside\n", to: "site/hidden/.secret")
    return site
  }

  @Test("reaches the private directory in no other way, token or not")
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
          "X-None: x", "Redirect-Redirect-Bearerd-Guarded: 1", "REDIRECT_REDIRECT_BEARERD_GUARDED: 1",
          "Bearerd-Guarded: 1",
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
      try site.directory.make(text, to: "site/hidden/\(name)")
    }
    let response = try site.http.get("/private/\(path)", token: site.tokens.app)
    #expect(response.status == 200)
    #expect(response.body == body)
    #expect(response.headers("X-Bearerd-Application") == ["app"])
  }

  @Test("serves a file with punctuation in its name, but for % and the backslash")
  func punctuation() throws {
    let site = try site()
    try site.directory.make("another\n", to: "site/hidden/a")
    for character in "[]:;*{}|<>^\"#?`!$&'()+,=@~ -_.%\\" {
      let name = "a\(character)b.html"
      try site.directory.make("punctuation\n", to: "site/hidden/\(name)")
      let path = "/private/a%\(String(character.asciiValue ?? 0, radix: 16))b.html"
      let response = try site.http.get(path, token: site.tokens.app)
      if character == "%" || character == "\\" {
        #expect(response.status == 404, "\(name) \(response.status)")
      } else {
        #expect(response.status == 200 && response.body == "punctuation\n", "\(name) \(response.status)")
      }
      #expect(try site.http.get(path).status == 401, "\(name)")
    }
  }

  @Test("hands nothing over for a path that could be read in two ways")
  func games() throws {
    let site = try site()
    for (name, text) in [("sub/page.html", "protected\n"), ("ab.html", "ab\n"), ("a%62.html", "percent\n")] {
      try site.directory.make(text, to: "site/hidden/\(name)")
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
      // What Apache itself makes of a path leads out of /private/ at most: to public files.
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

  @Test("answers each POST, refused or not, whatever its body: Apache sends it to who decides without it")
  func bodies() throws {
    let site = try site()
    for length in [3, 60_000, 1_000_000] {
      let body = [UInt8](repeating: 0x61, count: length)
      let good = [Array("Authorization: Bearer \(site.tokens.app)".utf8)]
      for _ in 0..<5 {
        for (lines, status) in [([], 401), (good, 405)] {
          let response = try site.http.request("POST", "/private/page.html", lines: lines, body: body)
          #expect(response.status == status, "\(length) bytes: \(response.status) \(site.told)")
        }
      }
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
}
