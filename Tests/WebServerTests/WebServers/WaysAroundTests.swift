import Foundation
import TestSupport
import Testing

@Suite("Ways around the check that a web server has by itself")
struct WaysAroundTests {
  /// Adds lines to a configuration, in place of a text or at its end, and the pages that they need.
  private func prepare(
    _ directory: Scratch, _ name: String, before end: String? = nil, start: String = "", _ lines: String
  ) throws {
    let files = FileManager.default
    try files.createSymbolicLink(atPath: "\(directory.path)/site/link", withDestinationPath: "private")
    try directory.make("<!--#include file=\"private/page.html\" -->", to: "site/file.shtml")
    try directory.make("<!--#include virtual=\"/private/page.html\" -->", to: "site/virtual.shtml")
    let added = lines.replacingOccurrences(of: "DIRECTORY", with: directory.path)
    let text = try directory.read(name)
    try #require(end == nil || text.contains(end ?? ""))
    let body = end.map { text.replacingOccurrences(of: $0, with: added + $0) } ?? text + added
    try directory.make(start + body, to: name)
  }

  /// Each web server's README names those that are open, and says what to do.
  private func expect(_ site: WebServerSite, open: [String], closed: [String]) throws {
    for path in open {
      #expect(
        try site.http.get(path).body.contains("protected page"), "\(path) is closed: correct the README")
    }
    for path in closed {
      let response = try site.http.get(path)
      #expect(!response.body.contains("protected page"), "\(path) is open")
    }
    #expect(try site.http.get("/private/page.html").status == 401)
  }

  private static let apacheLines = """
    Alias /alias/ DIRECTORY/site/private/
    RewriteEngine On
    RewriteRule ^/file/(.*)$ /private/$1
    RewriteRule ^/passed/(.*)$ /private/$1 [PT]
    AddOutputFilter INCLUDES .shtml
    <Directory DIRECTORY/site>
        Options +Includes +FollowSymLinks
    </Directory>

    """

  private func apache(_ webServer: WebServer, _ prepareSite: (Scratch) throws -> Void = { _ in }) throws
    -> WebServerSite
  {
    let module = "LoadModule include_module /usr/lib/apache2/modules/mod_include.so\n"
    return try WebServerSite(webServer) {
      try prepare($0, "site.conf", before: "</VirtualHost>", start: module, WaysAroundTests.apacheLines)
      try prepareSite($0)
    }
  }

  @Test("Apache: a Location is a URL, not the files", arguments: [WebServer.apacheFcgid, .apacheAuthnzFcgi])
  func location(webServer: WebServer) throws {
    try expect(
      try apache(webServer), open: ["/alias/page.html", "/file/page.html", "/link/page.html", "/file.shtml"],
      closed: ["/passed/page.html", "/virtual.shtml", "//private/page.html", "/private//page.html"])
  }

  @Test(
    "Apache: a Directory is checked however a request reaches it, but for a link",
    arguments: [WebServer.apacheFcgid, .apacheAuthnzFcgi])
  func directory(webServer: WebServer) throws {
    let site = try apache(webServer) { directory in
      let parts = try directory.read("site.conf").components(
        separatedBy: "<LocationMatch \"^/(private|api)/\">")
      try #require(parts.count == 2)
      let end = try #require(parts[1].range(of: "</LocationMatch>"))
      let block = parts[1].replacingCharacters(in: end, with: "</Directory>")
      try directory.make("\(parts[0])<Directory \(directory.path)/site/private>\(block)", to: "site.conf")
    }
    try expect(
      site, open: ["/link/page.html"],
      closed: ["/alias/page.html", "/file/page.html", "/file.shtml", "/passed/page.html", "/virtual.shtml"])
  }

  @Test("lighttpd: a prefix is of the URL, not of the files")
  func lighttpd() throws {
    let site = try WebServerSite(.lighttpd) {
      try prepare(
        $0, "site.conf",
        """

        server.modules += ( "mod_rewrite", "mod_ssi" )
        server.force-lowercase-filenames = "enable"
        alias.url = ( "/alias/" => "DIRECTORY/site/private/" )
        url.rewrite-once = ( "^/passed/(.*)" => "/private/$1" )
        ssi.extension = ( ".shtml" )

        """)
    }
    try expect(
      site,
      open: ["/alias/page.html", "/PRIVATE/page.html", "/link/page.html", "/file.shtml", "/virtual.shtml"],
      closed: ["/passed/page.html", "//private/page.html", "/private//page.html"])
  }

  @Test("lighttpd: an alias in the same list is checked")
  func lighttpdAlias() throws {
    let site = try WebServerSite(.lighttpd) { directory in
      try prepare(directory, "site.conf", "\nalias.url = ( \"/alias/\" => \"DIRECTORY/site/private/\" )\n")
      let text = try directory.read("site.conf")
      let line = "\"/private/\" => bearerd,"
      try #require(text.contains(line))
      try directory.make(
        text.replacingOccurrences(of: line, with: "\(line) \"/alias/\" => bearerd,"), to: "site.conf")
    }
    try expect(site, open: ["/link/page.html"], closed: ["/alias/page.html"])
    #expect(try site.http.get("/alias/page.html", token: site.tokens.app).body == "protected page\n")
  }

  @Test("Caddy: a route is of the URL, not of the files")
  func caddy() throws {
    let site = try WebServerSite(.caddy) {
      try $0.make("{{include \"private/page.html\"}}", to: "site/include.html")
      try $0.make("{{httpInclude \"/private/page.html\"}}", to: "site/http.html")
      try prepare(
        $0, "site.caddy", before: "\t# Public.",
        "\ttemplates\n\trewrite /passed/* /private/page.html\n")
    }
    try expect(
      site, open: ["/link/page.html", "/include.html"],
      closed: [
        "/passed/page.html", "/http.html", "/PRIVATE/page.html", "//private/page.html", "/private//page.html",
      ])
  }

  /// Adds rules around the check of HAProxy's example.
  private func haproxy(above: String = "", below: String = "", more: String = "") throws -> WebServerSite {
    try WebServerSite(.haproxy) { directory in
      let check = "    http-request lua.bearerd unless public\n"
      let end = "    use_backend api if"
      let text = try directory.read("haproxy.cfg")
      try #require(text.contains(check) && text.contains(end))
      let rules = text.replacingOccurrences(of: check, with: above + check)
        .replacingOccurrences(of: end, with: below + end)
      try directory.make(
        "\(rules)\n\(more)".replacingOccurrences(of: "DIRECTORY", with: directory.path), to: "haproxy.cfg")
      // Answers that a cache may keep.
      let pages = try directory.read("pages.cfg").replacing(
        "page.html if", with: "page.html hdr Cache-Control max-age=60 if")
      try directory.make(pages, to: "pages.cfg")
    }
  }

  @Test("HAProxy: the order of its rules counts, and each frontend is checked by itself")
  func haproxyRules() throws {
    let port = try freePort()
    let page = "file DIRECTORY/site/private/page.html"
    let site = try haproxy(
      above: "    http-request return content-type text/html \(page) if { path /early.html }\n"
        + "    http-request set-path /private/page.html if { path /above.html }\n",
      below: "    http-request set-path /private/page.html if { path /index.html }\n",
      more: "frontend other\n    bind 127.0.0.1:\(port)\n    default_backend pages\n")
    try expect(
      site, open: ["/early.html", "/index.html"],
      closed: [
        "/above.html", "/PRIVATE/page.html", "//private/page.html", "/private//page.html",
        "/index.html/../private/page.html",
        "/index.html;/private/page.html", "/private%2fpage.html",
      ])
    #expect(try HTTP(port: port).get("/private/page.html").body.contains("protected page"))
  }

  @Test(
    "HAProxy: a cache after the check gives one application what was made for another, but nothing to strangers"
  )
  func haproxyCache() throws {
    let site = try haproxy(
      below: "    http-request cache-use shared\n    http-response cache-store shared\n",
      more: "cache shared\n    total-max-size 4\n    max-age 60\n")
    let path = "/private/page.html"
    let first = try site.http.get(path, token: site.tokens.app)
    let second = try site.http.get(path, token: site.tokens.near)
    #expect(first.status == 200 && second.status == 200)
    #expect(!second.headers("Age").isEmpty, "it comes from the backend: correct the README")
    #expect(try site.http.get(path).status == 401)
    #expect(try site.http.get(path, token: site.tokens.reader).status == 403)
  }
}
