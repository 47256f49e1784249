import Foundation
import TestSupport
import Testing

@Suite("bearerd doctor before an nginx")
struct DoctorNginxTests {
  /// TOKEN is valid in every location.
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// A location /guarded/ and what it needs.
    var server: String
    var others = ""
    var options: [String] = []
    var path = "/guarded/page.html"
    /// What is found wrong, all of it.
    var findings: [String]
    /// What it means, or the line to write.
    var remedy: String
  }

  private static let realm = "Bearer realm=\"bearerd\""
  private static let page = "alias DIRECTORY/site/private/;"

  static let faults: [Fault] = [
    Fault(
      testDescription: "the map recipe",
      server: "location /guarded/ { if ($mapped = 0) { return 401; } \(page) }",
      others: "map $http_authorization $mapped { default 0; \"Bearer TOKEN\" 1; }",
      findings: ["without a token: 401 without WWW-Authenticate", "in another case: 200"],
      remedy: "any case is accepted: nginx's map ignores case"),
    Fault(
      testDescription: "a regular expression without its end",
      server: "location /guarded/ { if ($mapped = 0) { return 401; } \(page) }",
      others: "map $http_authorization $mapped { default 0; \"~^Bearer TOKEN\" 1; }",
      findings: [
        "without a token: 401 without WWW-Authenticate", "with \"bearer\" in lower case: 401",
        "with one extra character: 200",
      ], remedy: "a regular expression without $"),
    Fault(
      testDescription: "a comparison of one's own",
      server: "location /guarded/ { if ($http_authorization != \"Bearer TOKEN\") { return 401; } \(page) }",
      findings: ["without a token: 401 without WWW-Authenticate", "with \"bearer\" in lower case: 401"],
      remedy: "schemes are case-insensitive (RFC 9110, 11.1)"),
    Fault(
      testDescription: "any header",
      server: "location /guarded/ { if ($http_authorization = \"\") { return 401; } \(page) }",
      findings: ["without a token: 401 without WWW-Authenticate", "with a wrong token: 200"],
      remedy: "any token is accepted"),
    Fault(
      testDescription: "an Authorization that is stripped",
      server:
        "location /guarded/ { set $bearerd_authorization \"\"; include snippets/bearerd-guard.conf; \(page) }",
      findings: ["with your token: 401, as without one"],
      remedy: "fastcgi_param HTTP_AUTHORIZATION $bearerd_authorization;"),
    Fault(
      testDescription: "no guard", server: "location /guarded/ { \(page) }",
      findings: ["without a token: 200"],
      remedy: "-> in the location: include snippets/bearerd-guard.conf;"),
    Fault(
      testDescription: "a return before the guard",
      server: "location /guarded/ { include snippets/bearerd-guard.conf; return 404; }",
      findings: ["without a token: 404"], remedy: "expected 401 before anything else"),
    Fault(
      testDescription: "a login page",
      server: "location /guarded/ { return 302 /login; }",
      findings: ["without a token: 302, to http://127.0.0.1:PORT/login"],
      remedy: "applications do not follow redirects to a login page"),
    Fault(
      testDescription: "a redirect to https",
      server: "location /guarded/ { return 301 https://$host$request_uri; }",
      findings: ["without a token: 301, to https://127.0.0.1/guarded/page.html"],
      remedy: "a client that uses this one has sent its token unencrypted"),
    Fault(
      testDescription: "deny all", server: "location /guarded/ { deny all; }",
      findings: ["without a token: 403"],
      remedy: "another program denies every request here"),
    Fault(
      testDescription: "error_page 401 =200",
      server: "location /guarded/ { auth_request /_bearerd; error_page 401 =200 /index.html; \(page) }",
      findings: ["without a token: 200, with \(realm)"],
      remedy: "-> instead of error_page 401 = ... or =200 ...:"),
    Fault(
      testDescription: "error_page 401 = and a page",
      server: "location /guarded/ { auth_request /_bearerd; error_page 401 = /index.html; \(page) }",
      findings: ["without a token: 200, with \(realm)"], remedy: "error_page 401 @bearerd_unauthorized;"),
    Fault(
      testDescription: "a basic login",
      server: "location /guarded/ { auth_basic x; auth_basic_user_file /dev/null; \(page) }",
      findings: ["without a token: 401, Basic realm=\"x\"", "with your token: 401"], remedy: "auth_basic off;"
    ),
    Fault(
      testDescription: "a challenge without a realm",
      server:
        "location /guarded/ { add_header WWW-Authenticate Bearer always; if ($http_authorization !~ \"TOKEN$\") { return 401; } \(page) }",
      findings: ["without a token: 401, Bearer"], remedy: "the challenge lacks its realm"),
    Fault(
      testDescription: "a guard for GET alone",
      server:
        "location /guarded/ { if ($request_method = HEAD) { rewrite ^/guarded(/.*) /free$1 last; } include snippets/bearerd-guard.conf; \(page) } location /free/ { \(page) }",
      findings: ["HEAD without a token: 200"], remedy: "only some methods are guarded"),
    Fault(
      testDescription: "a backend that is down",
      server:
        "location /guarded/ { include snippets/bearerd-guard.conf; proxy_pass http://unix:DIRECTORY/missing.sock; }",
      findings: ["with your token: 502"], remedy: "it is allowed and the backend fails"),
    Fault(
      testDescription: "a backend that gets the secret",
      server: "location /guarded/ { include snippets/bearerd-guard.conf; proxy_pass http://BACKEND; }",
      findings: ["the response contains the token"],
      remedy: "-> in the location: include snippets/bearerd-proxy.conf;"),
    Fault(
      testDescription: "a cache that all clients share",
      server: """
        listen unix:DIRECTORY/inner.sock;
        location /guarded/ { proxy_cache shared; proxy_cache_valid 200 1m; proxy_pass http://unix:DIRECTORY/inner.sock:/private/; }
        """, others: "proxy_cache_path DIRECTORY/cache keys_zone=shared:1m;",
      findings: ["without a token, after it: 200"],
      remedy: "-> and: proxy_no_cache $http_authorization;"),
    Fault(
      testDescription: "a public file in the protected location", server: "",
      options: ["--public", "/private/index.html,/"],
      path: "/private/page.html", findings: ["/private/index.html: 401"],
      remedy: "-> in the server: location = /private/index.html { auth_request off; }"),
    Fault(
      testDescription: "public files that are not there, or elsewhere",
      server: "location = /moved { return 301 /index.html; }", options: ["--public", "/none,/moved"],
      path: "/private/page.html", findings: ["/none: 404", "/moved: 301"],
      remedy: "it redirects to http://127.0.0.1:PORT/index.html"),
    Fault(
      testDescription: "a public file with the token in it",
      server: "location = /config.js { return 200 'key = \"TOKEN\"'; }", options: ["--public", "/config.js"],
      path: "/private/page.html", findings: ["/config.js: 200, with the token in it"],
      remedy: "it is public there"),
    Fault(
      testDescription: "no answer to preflights", server: "",
      options: ["--origin", "https://app.example.com"],
      path: "/private/page.html", findings: ["a browser's preflight: 401"],
      remedy: "-> in the location, before its guard: set $bearerd_allow_origin https://app.example.com;"),
    Fault(
      testDescription: "preflights that allow another page",
      server:
        "location /guarded/ { set $bearerd_allow_origin https://b.example; include snippets/bearerd-cors.conf; include snippets/bearerd-guard.conf; \(page) }",
      options: ["--origin", "https://app.example.com"], findings: ["a browser's preflight: 204"],
      remedy: "Access-Control-Allow-Origin does not allow https://app.example.com"),
    Fault(
      testDescription: "preflights with a star for headers",
      server: """
        location /guarded/ {
          if ($request_method = OPTIONS) {
            add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers *; return 204;
          }
          include snippets/bearerd-guard.conf; \(page)
        }
        """, options: ["--origin", "https://app.example.com"], findings: ["a browser's preflight: 204"],
      remedy: "Access-Control-Allow-Headers does not contain Authorization, which * does not include"),
    Fault(
      testDescription: "denials that a page cannot read",
      server: """
        location /guarded/ {
          if ($request_method = OPTIONS) {
            add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers "X-A, authorization";
            return 204;
          }
          include snippets/bearerd-guard.conf; \(page)
        }
        """, options: ["--origin", "https://app.example.com"],
      findings: ["a denial has no Access-Control-Allow-Origin"],
      remedy: "-> and: include snippets/bearerd-cors.conf;"),
  ]

  @Test("finds", arguments: faults)
  func fault(fault: Fault) throws {
    let token = try KnownTokens.made.get().app
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: fault.server.replacing("TOKEN", with: token),
        otherServers: "map_hash_bucket_size 256; \(fault.others.replacing("TOKEN", with: token))"))
    try site.directory.write(KnownTokens.made.get().text)
    #expect(try eventually { try site.http.get("/private/page.html", token: token).status == 200 })
    let command = [
      Bearerd.path, "doctor", "http://127.0.0.1:\(site.http.port)\(fault.path)", "--token-stdin",
    ]
    let outcome = try Bearerd.start(command + fault.options, stdin: token).wait()
    let port = "\(site.http.port)"
    #expect(outcome.code == 1 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.findings == fault.findings.map { $0.replacing("PORT", with: port) }, "\(outcome.output)")
    #expect(outcome.output.contains(fault.remedy.replacing("PORT", with: port)), "\(outcome.output)")
    #expect(outcome.output.hasSuffix(fault.findings.count == 1 ? "\n1 finding\n" : " findings\n"))
    #expect(!outcome.output.contains(token))
  }

  @Test("finds pages of other sites welcome where they are")
  func pages() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location /guarded/ {
            set $bearerd_allow_origin https://app.example.com;
            include snippets/bearerd-cors.conf;
            include snippets/bearerd-guard.conf;
            \(DoctorNginxTests.page)
          }
          """))
    let outcome = try Bearerd.run(
      "doctor", "http://127.0.0.1:\(site.http.port)/guarded/page.html", "--origin", "https://app.example.com")
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(
      outcome.output.contains("a browser's preflight: 204, and pages of https://app.example.com may call"))
    #expect(outcome.output.contains("note   no valid token was tried; give one with --token-stdin"))
  }

  @Test("finds an Authorization that is stripped without having the token")
  func strippedWithoutToken() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: "location /guarded/ { set $bearerd_authorization \"\"; include snippets/bearerd-guard.conf; }"
      ))
    let outcome = try Bearerd.run("doctor", "http://127.0.0.1:\(site.http.port)/guarded/page.html")
    #expect(outcome.findings == ["with a wrong token: 401, as without one"], "\(outcome.output)")
    #expect(outcome.output.contains("your server strips Authorization"))
  }
}
