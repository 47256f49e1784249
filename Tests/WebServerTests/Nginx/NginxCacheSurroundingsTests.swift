import Foundation
import TestSupport
import Testing

@testable import FastCGI

/// What clients send and administrators write that could make a cache answer for another client.
@Suite("What nginx caches of a location's allowed responses")
struct NginxCacheSurroundingsTests {
  /// The cache of a PHP site, as the guides on the web have it and worse, around a protected location.
  static let php = [
    "fastcgi_cache php; fastcgi_cache_key $uri; fastcgi_cache_valid any 1h;",
    """
    fastcgi_cache php;
    fastcgi_cache_key "$scheme$request_method$host$request_uri";
    fastcgi_cache_valid 200 1h;
    fastcgi_ignore_headers Cache-Control Expires Set-Cookie Vary X-Accel-Expires;
    """,
    """
    fastcgi_cache_valid any 1h;
    fastcgi_ignore_headers Cache-Control;
    fastcgi_cache_use_stale error timeout invalid_header updating http_500 http_503 http_403 http_404;
    fastcgi_cache_background_update on;
    fastcgi_cache_revalidate on;
    fastcgi_cache_methods GET HEAD POST;
    fastcgi_cache_min_uses 3;
    fastcgi_cache_lock off;
    """,
    "open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h; open_file_cache_errors on;",
    "fastcgi_store on; fastcgi_max_temp_file_size 0; fastcgi_force_ranges on;",
  ]

  /// Among what a PHP site caches.
  private func site(ttl: Int, among server: String) throws -> NginxSite {
    try NginxCache.site(
      ttl: ttl, server: server,
      http: "include snippets/bearerd-cache.conf; fastcgi_cache_path DIRECTORY/php keys_zone=php:1m;")
  }

  @Test(
    "is what bearerd says, and gone with its file, whatever the cache of a site around it says",
    arguments: php)
  func surroundings(server: String) throws {
    let site = try site(ttl: NginxCache.long, among: server)
    let secret = try site.token("app")
    for (path, asking) in [("/kept/x", 1), ("/private/page.html", 3)] {
      let before = try site.checks()
      for _ in 0..<3 {
        #expect(try site.status(path, token: secret) == 200)
        #expect(try site.status(path) == 401)
        #expect(try site.status(path, token: "x") == 401)
      }
      #expect(try site.checks() == before + asking + 6, "\(path)")
    }
    site.bearerd.stop()
    #expect(try site.status("/kept/x", token: secret) == 200)
    try site.forget()
    #expect(try eventually(seconds: 20) { try site.status("/kept/x", token: secret) == 503 })
  }

  @Test("is not served past its time if the daemon is down, and that failure is not cached", arguments: php)
  func stale(server: String) throws {
    let site = try site(ttl: 1, among: server)
    let secret = try site.token("app")
    #expect(try site.status("/kept/x", token: secret) == 200)
    site.bearerd.stop()
    #expect(try site.status("/private/page.html", token: secret) == 503)
    #expect(try eventually(seconds: 20) { try site.status("/kept/x", token: secret) == 503 })
    try site.restartBearerd()
    try #require(try eventually { try site.status("/private/page.html", token: secret) == 200 })
    #expect(try site.status("/kept/x", token: secret) == 200)
  }

  @Test("is found whatever the method, and whatever a client says of caches, ranges and conditions")
  func callers() throws {
    let site = try NginxCache.site()
    let secret = try site.token("app")
    let headers = [
      "Cache-Control: no-cache", "Cache-Control: no-store", "Cache-Control: only-if-cached",
      "Pragma: no-cache",
      "Range: bytes=0-0", "Range: bytes=5-", "If-None-Match: *", "If-Match: \"x\"", "If-Range: \"x\"",
      "If-Modified-Since: Thu, 26 Nov 2026 00:00:00 GMT",
      "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT",
      "Accept-Encoding: gzip", "Vary: *", "Cookie: a=b",
    ]
    let before = try site.checks()
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"] {
      for header in headers {
        let response = try site.http.request(
          method, "/kept/x", lines: ["Authorization: Bearer \(secret)", header].map { Array($0.utf8) },
          body: ["POST", "PUT"].contains(method) ? Array("a=b".utf8) : [])
        #expect(response.status == 200, "\(method) \(header)")
      }
    }
    let asked = try site.checks() - before
    #expect(asked == 1)
  }

  @Test("is no preflight: the next one without a token is refused")
  func preflight() throws {
    let site = try NginxCache.site()
    let lines = ["Origin: https://example.org", "Access-Control-Request-Method: GET"].map { Array($0.utf8) }
    for _ in 0..<2 {
      #expect(try site.http.request("OPTIONS", "/kept/x", lines: lines).status == 200)
      #expect(try site.status("/kept/x") == 401)
    }
  }

  /// A site with a cached location that takes the secret from X-API-Key.
  private func keySite(_ setting: String) throws -> NginxSite {
    try NginxCache.site(
      server: """
        location /key/ {
          set $bearerd_cache bearerd;
          set \(setting);
          include snippets/bearerd-guard.conf;
          proxy_pass http://BACKEND;
        }
        """)
  }

  @Test("is told apart by where the secret stands, where that is another header")
  func otherHeader() throws {
    let site = try keySite("$bearerd_authorization \"Bearer $http_x_api_key\"")
    let secret = try site.token("app")
    let before = try site.checks()
    for _ in 0..<3 {
      #expect(try site.http.get("/key/x", "X-API-Key: \(secret)").status == 200)
      for other in ["X-API-Key: x", "X-API-Key:", "X-Other: y", "Authorization: Bearer \(secret)"] {
        #expect(try site.http.get("/key/x", other).status == 401, "\(other)")
      }
    }
    let asked = try site.checks() - before
    #expect(asked == 1 + 3 * 4)
  }

  @Test("is told apart by the token in a header of its own")
  func tokenHeader() throws {
    let site = try keySite("$bearerd_token $http_x_api_key")
    let secret = try site.token("app")
    let before = try site.checks()
    for _ in 0..<3 {
      #expect(try site.http.get("/key/x", "X-API-Key: \(secret)").status == 200)
      for other in ["X-API-Key: x", "X-API-Key:", "X-Other: y", "Authorization: Bearer x"] {
        #expect(try site.http.get("/key/x", other).status == 401, "\(other)")
      }
      #expect(try site.http.get("/key/x", token: "x", "X-API-Key: \(secret)").status == 401)
    }
    let asked = try site.checks() - before
    #expect(asked == 1 + 3 * 5)
  }

  @Test("ends with the check: a redirect inside nginx does not carry it to the next location")
  func redirected() throws {
    let site = try NginxCache.site(
      server: """
        location /from/ {
          set $bearerd_cache bearerd;
          include snippets/bearerd-guard.conf;
          try_files /nothing @next;
        }
        location @next {
          include snippets/bearerd-guard.conf;
          try_files /private/page.html =404;
        }
        """)
    let secret = try site.token("app")
    let before = try site.checks()
    for _ in 0..<3 { #expect(try site.http.get("/from/x", token: secret).body == "protected page\n") }
    let asked = try site.checks() - before
    #expect(asked == 1 + 3)
  }

  @Test("is requested once for many clients with the same new token")
  func atOnce() throws {
    let site = try NginxCache.site()
    let secret = try site.token("app")
    var address = 0
    // Where the machine is too busy for one answer in five milliseconds they ask all: then the next address is
    // tried.
    #expect(
      try eventually(seconds: 60) {
        address += 1
        let before = try site.checks()
        try call(site, count: 30, token: secret, from: "192.0.2.\(address)")
        return try site.checks() == before + 1
      })
  }

  /// Many calls that nginx sees in one look at its connections.
  private func call(_ site: NginxSite, count: Int, token: String, from address: String) throws {
    let candidate = try #require(
      SocketAddress.resolve(host: "127.0.0.1", port: site.http.port, passive: false).addresses.first)
    let head =
      "GET /kept/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Test-Address: \(address)\r\n"
    let callers = try (0..<count).map { _ in
      let descriptor = Socket.open(family: candidate.family, nonblocking: false)
      try #require(candidate.connect(descriptor))
      try send(head, to: descriptor)
      return descriptor
    }
    defer { callers.forEach { close($0) } }
    // So all of them have been accepted, and wait for the rest.
    _ = try site.http.get("/")
    kill(site.nginx.pid, SIGSTOP)
    defer { kill(site.nginx.pid, SIGCONT) }
    try #require(try eventually { try site.nginx.isStopped })
    for caller in callers { try send("Authorization: Bearer \(token)\r\n\r\n", to: caller) }
    kill(site.nginx.pid, SIGCONT)
    for caller in callers {
      var chunk = [UInt8](repeating: 0, count: 100)
      let count = Socket.receive(caller, into: &chunk)
      #expect(String(decoding: chunk.prefix(max(0, count)), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
    }
  }

  private func send(_ text: String, to descriptor: Int32) throws {
    try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
  }
}
