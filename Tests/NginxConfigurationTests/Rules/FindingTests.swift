import TestSupport
import Testing

@testable import NginxConfiguration

/// Each finding by the smallest configuration that has it, beside one that has not.
@Suite("The findings of doctor nginx")
struct FindingTests {
  /// A guard as the snippets have it, without their pages and headers.
  private static let check = """
    location = /_bearerd { internal; fastcgi_pass bearerd; fastcgi_param HTTP_AUTHORIZATION $http_authorization; \
    error_page 599 /_bearerd; }
    """
  private static let names = """
    proxy_set_header Authorization ""; proxy_set_header X-Bearerd-Application $bearerd_application;
    """

  /// Puts a text in a server with the check; `G` is the guard, `X` what a proxied backend is told.
  private func findings(_ text: String, http: String = "", listen: String = "listen 127.0.0.1:80;") throws
    -> [String]
  {
    let site = text.replacing("G;", with: "auth_request /_bearerd;").replacing("X;", with: FindingTests.names)
    let whole = """
      http {
        upstream bearerd { server unix:/run/bearerd.sock; }
        \(http)
        server {
          \(listen) root /srv/site;
          \(FindingTests.check)
          \(site)
        }
      }
      """
    return Examination(of: try ConfigurationText(whole)).findings.map { "\($0.severity) \($0.name.rawValue)" }
  }

  @Test(
    "name what gives content without a check",
    arguments: [
      (
        "location /a/ { G; X; proxy_pass http://b:1; error_page 413 = @f; } location @f { X; proxy_pass http://b:1; }",
        ["error fallback-opens"]
      ),
      (
        "location /a/ { G; X; proxy_pass http://b:1; error_page 413 = @f; } location @f { G; X; proxy_pass http://b:1; }",
        []
      ),
      ("location /a/ { G; error_page 500 =200 /50x.html; }", []),
      (
        "location /a/ { G; X; proxy_pass http://b:1; error_page 500 = @f; } location @f { X; proxy_pass http://c:1; }",
        ["error daemon-down-opens"]
      ),
      ("location /a/ { G; return 200 text; }", ["error return-before-check"]),
      ("location /a/ { G; return 204; }", []), ("location /a/ { G; return 301 /b/; }", []),
      ("location /a/ { G; if ($arg_x) { return 200 text; } }", ["error if-before-check"]),
      ("location /a/ { G; rewrite ^/a/(.*)$ /b/$1 last; } location /b/ {}", ["error rewrite-before-check"]),
      ("location /a/ { G; rewrite ^/a/(.*)$ /b/$1 break; } location /b/ {}", []),
      ("rewrite ^ /index.php last; location /a/ { G; }", ["error rewrite-before-check"]),
      (
        "if ($uri = /_bearerd) { break; } if (!-e $request_filename) { rewrite ^ /index.php last; } location /a/ { G; }",
        []
      ),
      ("merge_slashes off; location /a/ { G; }", ["error unmerged-slashes"]),
      ("merge_slashes off; location / { return 404; } location /a/ { G; }", []),
      (#"location /a/ { G; } location ~ \.css$ { }"#, ["error regex-location-takes"]),
      (#"location ^~ /a/ { G; } location ~ \.css$ { }"#, []),
      (#"location /a/ { G; } location ~ ^/b/.*\.css$ { }"#, []),
      (#"location /a/ { G; } location ~ /\.ht { deny all; }"#, []),
      (#"location /a/ { G; } location ~ (a)\1 { }"#, ["warning cannot-judge"]),
      ("location /a/ { G; location /a/b/ { auth_request off; } }", ["error nested-auth-off"]),
      ("location /a/ { G; satisfy any; allow 192.0.2.1; deny all; }", ["error satisfy-any"]),
      ("location /a/ { G; satisfy any; deny all; }", []),
      ("location /a/ { G; } location /b/ { alias /srv/site/a/; }", ["error same-files-elsewhere"]),
      ("location /a/ { G; } location /b/ { alias /srv/other/; }", []),
      ("location /a/ { G; } location /b { alias /srv/site/b/; }", ["error same-files-elsewhere"]),
      ("location = /a/ { G; } ", ["error same-files-elsewhere"]),
      ("location /a/ { G; } location / { try_files /a$uri =404; }", ["error same-files-elsewhere"]),
      (
        "location /a/ { G; X; proxy_pass http://b:1; } location /v2/ { X; proxy_pass http://b:1/a/; }",
        ["error same-backend-unguarded"]
      ),
      (
        "location /a/ { G; X; proxy_pass http://b:1; } location / { X; proxy_pass http://b:1; }",
        ["warning case-variant", "warning same-backend-unguarded"]
      ),
      ("location /a/ { G; } location /b/ { dav_methods COPY; }", ["error dav-destination"]),
      (
        "location /a/ { G; X; proxy_pass http://b:1; } location /b/ { mirror /a/m; }",
        ["error subrequest-reaches"]
      ),
      ("location /a/ { G; } location /b/ { add_before_body /a/x; }", ["error subrequest-reaches"]),
      ("location /a/ { set $bearerd_scope $http_x; G; }", ["error scope-from-client"]),
      ("set_real_ip_from 0.0.0.0/0; location /a/ { G; }", ["error client-address-forged"]),
    ])
  func content(text: String, expected: [String]) throws {
    #expect(try findings(text) == expected)
  }

  @Test(
    "name what lets a secret or a forged name pass",
    arguments: [
      ("location /a/ { G; proxy_pass http://b:1; }", ["error forged-name", "error secret-to-backend"]),
      ("location /a/ { G; X; proxy_pass http://b:1; }", []),
      (
        "location /a/ { G; X; proxy_pass http://b:1; location /a/b/ { proxy_set_header Host x; proxy_pass http://b:1; } }",
        ["error forged-name", "warning header-list-replaced", "error secret-to-backend"]
      ),
      ("location /a/ { G; proxy_pass_request_headers off; proxy_pass http://b:1; }", []),
      ("location /a/ { G; grpc_pass grpc://b:1; }", ["error forged-name", "error secret-to-backend"]),
      (
        "location /a/ { G; fastcgi_param HTTP_AUTHORIZATION \"\"; fastcgi_param HTTP_X_BEARERD_APPLICATION \"\"; fastcgi_pass b:1; }",
        []
      ),
      (
        "location /a/ { G; X; proxy_set_header X-Old $http_authorization; proxy_pass http://b:1; }",
        ["error secret-to-backend"]
      ),
      (
        "location /a/ { set $bearerd_authorization \"Bearer $http_x_api_key\"; G; X; proxy_pass http://b:1; }",
        ["error secret-to-backend"]
      ),
      (
        "location /a/ { set $bearerd_token $http_x_api_key; G; X; proxy_pass http://b:1; }",
        ["error secret-to-backend"]
      ),
      (
        "location /a/ { set $bearerd_token $http_x_api_key; G; proxy_set_header Authorization \"\"; X; proxy_pass http://b:1; }",
        ["error secret-to-backend"]
      ),
      (
        "location /a/ { set $bearerd_token $http_x_api_key; G; X; proxy_set_header X-Api-Key \"\"; proxy_pass http://b:1; }",
        []
      ),
      (
        "location /a/ { set $bearerd_token $http_x_api_key; G; X; proxy_set_header X-Api-Key $bearerd_token; proxy_pass http://b:1; }",
        ["error secret-to-backend"]
      ),
      (
        "underscores_in_headers on; location /a/ { G; X; proxy_pass http://b:1; }",
        ["error underscores-in-headers"]
      ),
      ("location /a/ { G; X; proxy_cache z; proxy_pass http://b:1; }", ["error cached-between-applications"]),
      (
        "location /a/ { G; X; proxy_cache z; proxy_cache_key $bearerd_application$uri; proxy_pass http://b:1; }",
        []
      ),
    ])
  func secrets(text: String, expected: [String]) throws {
    #expect(try findings(text) == expected)
  }

  @Test(
    "name what changes a denial, and plain mistakes",
    arguments: [
      ("location /a/ { G; error_page 401 =200 /x.html; }", ["error denial-becomes-200"]),
      ("location /a/ { G; error_page 401 /x.html; }", []),
      ("location /a/ { G; error_page 401 https://login.example.com/; }", ["error denial-redirected"]),
      (
        "location /a/ { G; error_page 401 @u; recursive_error_pages on; } location @u { recursive_error_pages on; error_page 401 @u; return 401; }",
        ["error redirection-cycle"]
      ),
      ("location /a/ { G; if ($arg_x) { return 401; } }", ["error challenge-missing"]),
      ("location /a/ { set $bearerd_scope x; G; location /a/b/ {} }", ["warning scope-lost-in-nested"]),
      ("location /a/ { G; foo_by_lua x; }", ["warning cannot-judge"]),
      (
        "location /a/ { G; if ($http_authorization = \"Bearer abcdefgh\") { return 200 x; } }",
        ["error if-before-check", "error old-token-map"]
      ),
    ])
  func denials(text: String, expected: [String]) throws {
    #expect(try findings(text) == expected)
  }

  @Test("name what a log, a limit and a map have at the level of http")
  func http() throws {
    let location = "access_log /l x; location /a/ { G; limit_req zone=z; }"
    #expect(
      try findings(
        location,
        http: "log_format x $http_authorization; limit_req_zone $bearerd_application zone=z:1m rate=1r/s;")
        == ["error secret-in-log", "warning limit-key-empty"])
    let map = "map $http_authorization $ok { \"Bearer secret-of-old\" 1; default 0; }"
    let text = try ConfigurationText(
      "http { \(map)\n server { listen 127.0.0.1:80; \(FindingTests.check) location /a/ { auth_request /_bearerd; } } }"
    )
    let found = Examination(of: text).findings
    #expect(found.map(\.name) == [.oldTokenMap] && !found[0].description.contains("secret-of-old"))
  }

  @Test("name tokens that go over the network in clear")
  func plain() throws {
    for (listen, isPlain) in [
      ("listen 80;", true), ("", true), ("listen 192.0.2.1:80;", true), ("listen 443 ssl;", false),
      ("listen unix:/x;", false), ("listen [::1]:80;", false), ("listen 80 proxy_protocol;", false),
    ] {
      #expect(
        try findings("location /a/ { G; }", listen: listen) == (isPlain ? ["warning plain-http"] : []),
        "\(listen)")
    }
  }

  @Test("say so if there is nothing to judge, or only a part")
  func parts() throws {
    let none = Examination(of: try ConfigurationText("http { server { } }"))
    #expect(none.findings.map(\.name) == [.cannotJudge] && none.guardedCount == 0)
    let part = Examination(
      of: try ConfigurationText(
        "server { listen unix:/x; \(FindingTests.check) location /a/ { auth_request /_bearerd; } }"))
    #expect(part.findings.map(\.name) == [.cannotJudge] && part.guardedCount == 1)
  }

  @Test("are silenced by a comment, and listed as allowed")
  func allowed() throws {
    let text =
      "http { server { listen 127.0.0.1:80; \(FindingTests.check) location /a/ {\n auth_request /_bearerd;\n# bearerd: allow satisfy-any\nsatisfy any; allow 192.0.2.1; } } }"
    let examination = Examination(of: try ConfigurationText(text))
    #expect(
      examination.findings.isEmpty && examination.allowed.map(\.name) == [.satisfyAny]
        && !examination.hasErrors)
  }

  @Test("show control characters of a configuration as escapes")
  func printable() throws {
    let text =
      "http { server { listen 80; \(FindingTests.check) location /\u{1b}[31m\u{202e}/ { auth_request /_bearerd; return 200 x; } } }"
    for finding in Examination(of: try ConfigurationText(text)).findings {
      #expect(
        finding.description.unicodeScalars.allSatisfy {
          $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x202e)
        })
    }
  }

  @Test("are found in bounded time, however large a configuration is", .slow, .bodyTimeLimit(minutes: 1))
  func bounds() throws {
    func examination(_ count: Int, _ guarded: String, _ regex: String) throws -> Examination {
      let locations = (0..<count).map {
        "location /a\($0)/ { auth_request /_bearerd; \(guarded) } location ~ ^/b\($0)/.*\(regex)"
      }
      let text =
        "http { server { listen 127.0.0.1:80; \(FindingTests.check) \(locations.joined(separator: "\n")) } }"
      return Examination(of: try ConfigurationText(text))
    }
    let files = try examination(500, "", "x$ { }")
    #expect(files.guardedCount == 500)
    // Which of the regular expressions have a location's content is known before any of them is matched.
    let backend =
      "proxy_pass http://127.0.0.1:1; proxy_set_header Authorization ''; proxy_set_header X-Bearerd-Application '';"
    let proxied = try examination(1500, backend, "(x|y)$ { root /srv; }")
    #expect(proxied.guardedCount == 1500)
    #expect(proxied.findings.filter { $0.name == .cannotJudge } == [])
  }
}
