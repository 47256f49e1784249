import Foundation
import TestSupport
import Testing

@Suite("bearerd doctor without a token")
struct DoctorVariantTests {
  /// A way around the check of `/private/` or of `/guarded/`, which nginx has open.
  struct Hole: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var server: String
    var path = "/guarded/page.html"
    /// What is found wrong, all of it.
    var findings: [String]
    var remedy: String
  }

  private static let page = "alias DIRECTORY/site/private/;"
  private static let guarded = "location /guarded/ { include snippets/bearerd-guard.conf; \(page) }"
  private static let free = "location /free/ { \(page) }"
  private static let wholeServer =
    "-> in the server: include snippets/bearerd-guard.conf; and auth_request off; in its public locations"

  static let holes: [Hole] = [
    Hole(
      testDescription: "two slashes", server: "merge_slashes off;", path: "/private/page.html",
      findings: ["//private/page.html without a token: 200"],
      remedy: "-> in the server: merge_slashes on; (the default)"),
    Hole(
      testDescription: "another case", server: "\(guarded) location /GUARDED/ { \(page) }",
      findings: ["/GUARDED/page.html without a token: 200"], remedy: wholeServer),
    Hole(
      testDescription: "a dot, a slash or a parameter at the end",
      server: """
        location = /guarded/page.html { include snippets/bearerd-guard.conf; alias DIRECTORY/site/private/page.html; }
        location /guarded/ { rewrite ^/guarded/(page.html) /$1 break; root DIRECTORY/site/private; }
        """,
      findings: [
        "/guarded/page.html. without a token: 200", "/guarded/page.html/ without a token: 200",
        "/guarded/page.html;x without a token: 200",
      ], remedy: wholeServer),
    Hole(
      testDescription: "a parameter of the first part of the path",
      server:
        "\(guarded) location \"/guarded;\" { rewrite \"^/guarded;x/(.*)\" /$1 break; root DIRECTORY/site/private; }",
      findings: ["/guarded;x/page.html without a token: 200"], remedy: wholeServer),
    Hole(
      testDescription: "an encoded slash",
      server: "if ($request_uri ~ %2f) { rewrite ^/guarded/(.*) /free/$1 last; } \(guarded) \(free)",
      findings: ["/guarded%2fpage.html without a token: 200"], remedy: wholeServer),
    Hole(
      testDescription: "a body that is too long",
      server: """
        location /guarded/ { include snippets/bearerd-guard.conf; error_page 413 = @fallback; \(page) }
        location @fallback { rewrite ^/guarded/(.*) /$1 break; root DIRECTORY/site/private; }
        """,
      findings: ["GET with a body of 1 TiB without a token: 200"],
      remedy: "-> in the location of error_page 413: include snippets/bearerd-guard.conf;"),
    Hole(
      testDescription: "other methods than GET",
      server: """
        if ($request_method != GET) { rewrite ^/guarded/(.*) /free/$1 last; }
        \(guarded) location /free/ { return 200 text; }
        """,
      findings: [
        "HEAD without a token: 200", "OPTIONS without a token: 200", "POST without a token: 200",
      ],
      remedy:
        "-> in the location: include snippets/bearerd-guard.conf; and no limit_except and no if around it"),
    Hole(
      testDescription: "HTTP/1.0",
      server: "if ($server_protocol = HTTP/1.0) { rewrite ^/guarded/(.*) /free/$1 last; } \(guarded) \(free)",
      findings: ["HTTP/1.0 without a token: 200"],
      remedy:
        "-> in every server of this address: include snippets/bearerd-guard.conf; and no if around it"),
    Hole(
      testDescription: "a whole URL in the request line",
      server: "if ($request ~ \"^GET http:\") { rewrite ^/guarded/(.*) /free/$1 last; } \(guarded) \(free)",
      findings: ["GET http://127.0.0.1:PORT/guarded/page.html without a token: 200"],
      remedy: "a request line with the whole URL bypasses the guard"),
  ]

  @Test("finds", arguments: holes)
  func hole(hole: Hole) throws {
    let site = try NginxSite(configuration: NginxConfiguration(server: hole.server))
    let outcome = try Bearerd.run("doctor", "http://127.0.0.1:\(site.http.port)\(hole.path)")
    #expect(outcome.code == 1 && outcome.errors.isEmpty, "\(outcome.errors)")
    let port = "\(site.http.port)"
    #expect(outcome.findings == hole.findings.map { $0.replacing("PORT", with: port) }, "\(outcome.output)")
    #expect(outcome.output.contains(hole.remedy), "\(outcome.output)")
  }

  @Test("finds a guard of HTTP/2 alone")
  func versions() throws {
    let directory = try Scratch()
    try directory.makeCertificate(for: "localhost")
    let port = try freePort()
    let server = """
      listen 127.0.0.1:\(port) ssl http2;
      ssl_certificate \(directory.path)/certificate; ssl_certificate_key \(directory.path)/key;
      if ($server_protocol = HTTP/1.1) { rewrite ^/guarded/(.*) /free/$1 last; }
      \(DoctorVariantTests.guarded) \(DoctorVariantTests.free)
      """
    let site = try NginxSite(configuration: NginxConfiguration(server: server))
    let outcome = try Bearerd.start([
      "env", "CURL_CA_BUNDLE=\(directory.path)/certificate", Bearerd.path, "doctor",
      "https://localhost:\(port)/guarded/page.html",
    ]).wait()
    #expect(
      outcome.findings == [
        "HTTP/1.1 without a token: 200",
        "GET https://localhost:\(port)/guarded/page.html without a token: 200",
      ], "\(outcome.output)")
    _ = site
  }

  @Test("finds a guard of HTTP/1.1 alone, if the server also answers HTTP/2 without TLS")
  func cleartext() throws {
    let site = try WebServerSite(.apacheFcgid) {
      let text = try $0.read("site.conf")
      let module = "LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so\nProtocols h2c http/1.1\n"
      let rules = """
        Alias /free/ \($0.path)/site/private/
        RewriteEngine On
        RewriteCond %{SERVER_PROTOCOL} ^HTTP/2
        RewriteRule ^/private/(.*)$ /free/$1 [PT]

        """
      try $0.make(module + text.replacing("</VirtualHost>", with: "\(rules)</VirtualHost>"), to: "site.conf")
    }
    let outcome = try Bearerd.run("doctor", "http://localhost:\(site.http.port)/private/page.html")
    #expect(outcome.findings == ["HTTP/2 without a token: 200"], "\(outcome.output)")
  }

  @Test("takes a page that every unknown path gets for no content")
  func pageForAll() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(server: "location / { try_files $uri /index.html; }"))
    let outcome = try Bearerd.run("doctor", "http://127.0.0.1:\(site.http.port)/private/page.html")
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.output.contains("without guarded content: /PRIVATE/page.html: 200"), "\(outcome.output)")
  }

  @Test("finds what lighttpd takes for the same directory")
  func lighttpd() throws {
    let site = try WebServerSite(.lighttpd) {
      let text = try $0.read("site.conf")
      try $0.make("\(text)\nserver.force-lowercase-filenames = \"enable\"\n", to: "site.conf")
    }
    let outcome = try Bearerd.run("doctor", "http://localhost:\(site.http.port)/private/page.html")
    #expect(outcome.findings == ["/PRIVATE/page.html without a token: 200"], "\(outcome.output)")
    #expect(outcome.output.contains("server.force-lowercase-filenames = \"disable\""))
  }
}

@Suite("bearerd doctor --nginx")
struct DoctorWithConfigurationTests {
  /// Runs the doctor with an `nginx` in its PATH that prints the site's own configuration.
  private func doctor(_ site: NginxSite, _ path: String) throws -> Outcome {
    let command = NginxSite.command(in: site.directory).joined(separator: " ")
    // The level info of the tests shows secrets.
    try site.directory.make(
      "#!/bin/sh\n\(command) \"$@\" | sed 's/stderr info/stderr notice/'\n", to: "bin/script")
    try site.directory.install("bin/script", as: "bin/nginx")
    let search = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return try Bearerd.start([
      "env", "PATH=\(site.directory.path)/bin:\(search)", Bearerd.path, "doctor", "--nginx",
      "http://127.0.0.1:\(site.http.port)\(path)",
    ]).wait()
  }

  @Test("says which location takes the URL, and that it is guarded")
  func guarded() throws {
    let site = try NginxSite()
    let outcome = try doctor(site, "/private/page.html?x=/")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.output)\(outcome.errors)")
    #expect(
      outcome.output.contains("  ok     nginx: location /private/ (\(site.directory.path)/nginx.conf:"),
      "\(outcome.output)")
  }

  @Test("finds what no request from outside shows: a fallback of a daemon that is down, the secret in a log")
  func inside() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location /guarded/ { include snippets/bearerd-guard.conf; proxy_pass http://BACKEND; }
          location /two/ { satisfy any; allow 192.0.2.1; deny all; auth_request /_bearerd; alias DIRECTORY/site/; }
          """))
    let outcome = try doctor(site, "/guarded/x")
    #expect(outcome.code == 1 && outcome.errors.isEmpty, "\(outcome.errors)")
    for name in ["secret-to-backend", "satisfy-any"] {
      #expect(
        outcome.findings.contains { $0.contains("nginx.conf:") && $0.contains(": \(name): ") },
        "\(outcome.output)")
    }
    #expect(outcome.output.contains("-> satisfy all;\n"))
  }

  @Test("finds a location without a check, whatever it answers")
  func open() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server:
          "location /open/ { add_header WWW-Authenticate 'Bearer realm=\"x\"' always; error_page 404 =401 /none; }"
      ))
    let outcome = try doctor(site, "/open/x")
    #expect(outcome.findings.contains { $0.hasPrefix("nginx: location /open/ (") }, "\(outcome.output)")
    #expect(
      outcome.output.contains(
        "it has no check\n         -> in the location: include snippets/bearerd-guard.conf;"))
  }

  @Test("ends with 69 if nginx does not print its configuration")
  func failure() throws {
    let site = try NginxSite()
    try site.directory.make("#!/bin/sh\nexit 1\n", to: "bin/script")
    try site.directory.install("bin/script", as: "bin/nginx")
    let outcome = try Bearerd.start([
      "env", "PATH=\(site.directory.path)/bin:/usr/bin:/bin", Bearerd.path, "doctor", "--nginx",
      "http://127.0.0.1:\(site.http.port)/",
    ]).wait()
    #expect(outcome.code == 69 && outcome.errors.contains("nginx -T failed"))
  }
}
