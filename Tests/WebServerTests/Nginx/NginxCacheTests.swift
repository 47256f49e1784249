import Foundation
import TestSupport
import Testing

@Suite("A location of nginx that caches allowed responses")
struct NginxCacheTests {
  @Test("allows without the daemon only requests that were allowed before, with the same application")
  func kept() throws {
    let site = try NginxCache.site()
    let (first, second, late) = (try site.token("first"), try site.token("second"), try site.token("late"))
    let before = try site.checks()
    for _ in 0..<5 {
      for (secret, name) in [(first, "first"), (second, "second")] {
        let seen = try site.http.get("/kept/x", token: secret).body
        #expect(seen.contains("X-Bearerd-Application: \(name)\r\n"))
        let key = try #require(
          try site.directory.lines().first { $0.hasPrefix(name) }?.firstMatch(of: /id=(\w+)/))
        #expect(seen.contains("X-Bearerd-Key: \(key.1)\r\n"))
      }
    }
    let asked = try site.checks() - before
    #expect(asked == 2)
    site.bearerd.stop()
    #expect(try site.http.get("/kept/x", token: second).body.contains("X-Bearerd-Application: second\r\n"))
    for token in [nil, late, "x", first + "x", String(first.dropLast()), first.lowercased()] {
      #expect(try site.status("/kept/x", token: token) == 503)
    }
    for path in ["/private/page.html", "/kept/read/x", "/kept/write/x"] {
      #expect(try site.status(path, token: first) == 503, "\(path)")
    }
  }

  @Test("allows no other scope than the one of the check")
  func scopes() throws {
    let site = try NginxCache.site()
    let reader = try site.token("reader", "--scopes", "read")
    let before = try site.checks()
    for _ in 0..<3 {
      #expect(try site.status("/kept/read/x", token: reader) == 200)
      #expect(try site.status("/kept/write/x", token: reader) == 403)
      #expect(try site.status("/kept/x", token: reader) == 403)
    }
    let asked = try site.checks() - before
    #expect(asked == 1 + 3 + 3)
  }

  @Test("opens to no other address than the one that asked, and so may keep tokens with from=")
  func addresses() throws {
    let site = try NginxCache.site()
    let near = try site.token("near", "--from", "127.0.0.0/8,192.0.2.0/24,2001:db8::/32")
    let before = try site.checks()
    for _ in 0..<3 {
      for address in ["192.0.2.7", "192.0.2.70", "2001:db8::7"] {
        #expect(try site.status("/kept/x", token: near, from: address) == 200)
      }
      for address in ["198.51.100.7", "192.0.3.7", "::1"] {
        #expect(try site.status("/kept/x", token: near, from: address) == 401)
      }
    }
    let asked = try site.checks() - before
    #expect(asked == 3 + 3 * 3)
  }

  @Test("keeps one entry of a token, however its header is written")
  func spellings() throws {
    let site = try NginxCache.site()
    let secret = try site.token("app")
    let before = try site.checks()
    let schemes =
      ["Bearer "] + (2...20).map { "Bearer" + String(repeating: " ", count: $0) }
      + ["bearer ", "BEARER ", "bEARER "]
    for scheme in schemes {
      let line = Array("Authorization: \(scheme)\(secret)".utf8)
      for _ in 0..<2 { #expect(try site.http.request("GET", "/kept/x", lines: [line]).status == 200) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(site.directory.path)/kept").count == 1)
    let asked = try site.checks() - before
    #expect(asked == 1 + 2 * (schemes.count - 1))
  }

  @Test("checks each time if allowed responses are not cached: without the opt-in, or without --cache-ttl")
  func notKept() throws {
    for (ttl, path) in [(NginxCache.long, "/private/page.html"), (0, "/kept/x")] {
      let site = try NginxCache.site(ttl: ttl)
      let secret = try site.token("app")
      let before = try site.checks()
      for _ in 0..<3 { #expect(try site.status(path, token: secret) == 200) }
      let asked = try site.checks() - before
      #expect(asked == 3)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(site.directory.path)/kept") == [])
    }
  }

  @Test("stays shut where bearerd-cache.conf was forgotten")
  func forgotten() throws {
    let site = try NginxCache.site(http: "")
    let secret = try site.token("app")
    #expect(try site.status("/kept/x", token: secret) == 503)
  }

  @Test(
    "keeps no denial: it opens at once to a token that is new, has got the scope, or finds the daemon again")
  func denials() throws {
    let site = try NginxCache.site()
    let secret = try site.token("app")
    let good = try site.directory.read()
    // What the line says as well, and what that makes of the token; an address for each, at which nothing is
    // kept yet.
    for (address, restriction, status) in [
      ("127.0.0.2", "scopes=read", 403), ("127.0.0.3", "from=192.0.2.0/24", 401),
      ("127.0.0.4", "expires=2026-01-01", 401),
    ] {
      let line = try #require(site.directory.lines().first)
      try site.directory.write(good.replacing(line, with: "\(line) \(restriction)"))
      #expect(try eventually { try site.status("/api/write/x", token: secret) == status })
      for _ in 0..<3 {
        #expect(try site.status("/kept/write/x", token: secret, from: address) == status)
      }
      try site.directory.write(good)
      #expect(try eventually { try site.status("/api/write/x", token: secret) == 200 })
      #expect(try site.status("/kept/write/x", token: secret, from: address) == 200)
    }
    site.bearerd.stop()
    for _ in 0..<3 { #expect(try site.status("/kept/write/x", token: secret) == 503) }
    try site.restartBearerd()
    try #require(try eventually { try site.status("/private/page.html", token: secret) == 200 })
    #expect(try site.status("/kept/write/x", token: secret) == 200)
  }

  @Test("is shut to a token that was revoked when the TTL and its last second are over")
  func revoked() throws {
    let site = try NginxCache.site(ttl: 2)
    let secret = try site.token("app")
    #expect(try site.status("/kept/x", token: secret) == 200)
    try site.revoke("app")
    try #require(try eventually { try site.status("/private/page.html", token: secret) == 401 })
    // From here on nothing new is kept; what is has two seconds, and the rest of a third.
    let noticed = Date()
    var asked = noticed
    repeat {
      asked = Date()
      let status = try site.status("/kept/x", token: secret)
      #expect(status == 200 || status == 401)
      if asked.timeIntervalSince(noticed) >= 3 { #expect(status == 401) }
      usleep(20_000)
    } while asked.timeIntervalSince(noticed) < 3.2
  }

  @Test("denies a token from its last instant on, however long responses may be cached")
  func ends() throws {
    let site = try NginxCache.site()
    let (secret, end) = try soonEnding(site)
    var statuses: [Int] = []
    let before = try site.checks()
    var asked = Date()
    repeat {
      asked = Date()
      let status = try site.status("/kept/x", token: secret)
      if asked >= end { #expect(status == 401) }
      if Date() < end { #expect(status == 200) }
      statuses.append(status)
      usleep(3_000)
    } while asked < end.addingTimeInterval(0.1)
    let checks = try site.checks() - before
    let (allowed, denied) = (statuses.count { $0 == 200 }, statuses.count { $0 == 401 })
    #expect(allowed > 0 && denied > 0 && allowed + denied == statuses.count)
    #expect(checks == 1 + denied)
  }

  @Test("is shut to it also where nginx read only after that instant what the daemon had allowed before")
  func endsMeanwhile() throws {
    let site = try NginxCache.site()
    let (secret, end) = try soonEnding(site)
    // nginx waits five seconds for an answer, and no longer.
    Thread.sleep(until: end.addingTimeInterval(-3.5))
    let idle = try site.nginx.descriptors
    kill(site.bearerd.pid, SIGSTOP)
    defer { kill(site.bearerd.pid, SIGCONT) }
    try #require(try eventually { try site.bearerd.isStopped })
    let http = site.http
    let allowed = Background { try? http.get("/kept/x", token: secret).status }
    // The client's, and that to bearerd; when another client is answered, the check was sent.
    try #require(try eventually { try site.nginx.descriptors >= idle + 2 })
    _ = try site.http.get("/")
    kill(site.nginx.pid, SIGSTOP)
    defer { kill(site.nginx.pid, SIGCONT) }
    try #require(try eventually { try site.nginx.isStopped })
    kill(site.bearerd.pid, SIGCONT)
    Thread.sleep(until: end)
    kill(site.nginx.pid, SIGCONT)
    try #require(eventually { allowed.value == 200 })
    #expect(try site.status("/kept/x", token: secret) == 401)
  }

  /// A token that is live, and will not be in some seconds.
  private func soonEnding(_ site: NginxSite) throws -> (secret: String, end: Date) {
    let end = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 8).rounded(.down))
    return (try site.token("app", "--expires", end.formatted(.iso8601)), end)
  }

  @Test("has its files for nginx alone, and none of a secret that was refused")
  func modes() throws {
    let site = try NginxCache.site()
    let secret = try site.token("app", "--scopes", "read")
    for (path, token, status) in [
      ("/kept/read/x", secret, 200), ("/kept/write/x", secret, 403), ("/kept/read/x", "x", 401),
    ] {
      #expect(try site.status(path, token: token) == status)
    }
    let directory = "\(site.directory.path)/kept"
    let files = try FileManager.default.contentsOfDirectory(atPath: directory).map { "\(directory)/\($0)" }
    #expect(files.count == 1)
    for (path, mode) in [(directory, 0o700)] + files.map({ ($0, 0o600) }) {
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode)
    }
  }
}
