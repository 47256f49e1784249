import Testing

/// nginx can send 65,535 bytes of parameters, and fails above that; `large_client_header_buffers` lets clients send more.
@Suite("A long value through nginx")
struct NginxLongValuesTests {
  private func site() throws -> (site: NginxSite, secret: String) {
    let configuration = NginxConfiguration(
      server: """
        large_client_header_buffers 4 128k;
        error_page 500 502 503 504 =200 /index.html;
        location /fallback/ {
          include snippets/bearerd-guard.conf;
          error_page 500 = @fallback;
          try_files /private/page.html =404;
        }
        location @fallback { return 200 open; }
        """)
    let site = try NginxSite("--allow-preflight", configuration: configuration)
    return (site, try site.token("app"))
  }

  private static func long(_ count: Int) -> String { String(repeating: "x", count: count) }

  @Test(
    "in the URL or in Origin changes nothing",
    arguments: [2_047, 2_048, 2_049, 8_192, 16_384, 65_000, 66_000, 120_000])
  func logged(count: Int) throws {
    let (site, secret) = try site()
    let long = Self.long(count)
    for (path, header) in [
      ("/fallback/?\(long)", "X-Other: x"), ("/fallback/\(long)", "Origin: https://example.org"),
      ("/fallback/", "Origin: \(long)"), ("/fallback/?\(long)", "Origin: \(long)"),
      ("/fallback/", "Access-Control-Request-Method: \(long)"), ("/fallback/", "Cookie: \(long)"),
      ("/fallback/?\(long)", "Access-Control-Request-Method: \(long)"),
    ] {
      let name = "\(path.prefix(20)) \(header.prefix(20))"
      #expect(try site.http.get(path, token: secret, header).body == "protected page\n", "\(name)")
      for token in [nil, "x"] {
        let response = try site.http.get(path, token: token, header)
        #expect(response.status == 401, "\(name)")
        #expect(response.headers("WWW-Authenticate").count == 1, "\(name)")
      }
    }
  }

  @Test(
    "in Authorization is a denial with its challenge",
    arguments: [8_193, 8_200, 9_000, 65_400, 66_000, 120_000])
  func authorization(count: Int) throws {
    let (site, secret) = try site()
    let spaces = String(repeating: " ", count: count)
    for value in [
      "Bearer \(Self.long(count))", "Bearer \(secret)\(Self.long(count))", "Bearer\(spaces)\(secret)",
    ] {
      for path in ["/fallback/", "/fallback/?\(Self.long(count))"] {
        let response = try site.http.get(path, "Authorization: \(value)")
        #expect(response.status == 401, "\(value.prefix(12)) \(path.prefix(12))")
        #expect(response.headers("WWW-Authenticate").first?.contains("error=\"invalid_request\"") == true)
        #expect(!response.body.contains("open") && !response.body.contains("protected"))
      }
    }
    #expect(!site.nginx.output.contains("[warn]"), "\(site.nginx.output)")
  }

  @Test("of a preflight does not open the location")
  func preflight() throws {
    let (site, _) = try site()
    for count in [10, 70_000] {
      let lines = ["Origin: \(Self.long(count))", "Access-Control-Request-Method: POST"].map {
        Array($0.utf8)
      }
      let response = try site.http.request("OPTIONS", "/fallback/", lines: lines)
      #expect(count < 100 ? response.status == 405 : [401, 503].contains(response.status))
      #expect(!response.body.contains("open"))
    }
  }
}
