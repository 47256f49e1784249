import Foundation
import TestSupport
import Testing

@Suite("A protected location of nginx")
struct NginxGuardTests {
  @Test("keeps a page in and leaves the rest public")
  func page() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    #expect(try site.http.get("/").body == "public page\n")
    #expect(try site.http.get("/private/page.html").status == 401)
    #expect(try site.http.get("/private/page.html", token: secret).body == "protected page\n")
    #expect(try site.http.get("/private/", token: secret).body == "protected index\n")
    #expect(try site.http.get("/private/").status == 401)
    for path in [
      "/private/../private/page.html", "//private/page.html", "/./private/page.html", "/%70rivate/page.html",
    ] {
      #expect(try site.http.get(path).status == 401, "\(path)")
    }
  }

  @Test("tells the backend the application, and not the secret; a client cannot claim another one")
  func backend() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    let seen = try site.http.get(
      "/api/x", token: secret, "X-Bearerd-Application: root", "X-Bearerd-Key: root"
    ).body
    #expect(seen.contains("X-Bearerd-Application: app"))
    #expect(!seen.contains("root"))
    #expect(!seen.contains(secret))
    #expect(!seen.lowercased().contains("authorization"))
    #expect(try site.directory.read("access.log").contains("/api/x 200 application=app"))
  }

  @Test("passes GET, HEAD and a POST of 10 MB whole")
  func methods() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    let authorization = [Array("Authorization: Bearer \(secret)".utf8)]
    #expect(try site.http.get("/api/x", token: secret).body.hasPrefix("GET /api/x"))
    let head = try site.http.request("HEAD", "/api/x", lines: authorization)
    #expect(head.status == 200)
    #expect(head.body.isEmpty)
    let body = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let sum = body.reduce(into: UInt32(0)) { $0 = $0 &* 31 &+ UInt32($1) }
    let post = try site.http.request("POST", "/api/x", lines: authorization, body: body)
    #expect(post.body.contains("body 10000000 \(sum)"))
    #expect(try site.http.request("POST", "/api/x", body: Array(body.prefix(100_000))).status == 401)
    #expect(try site.http.request("HEAD", "/api/x").status == 401)
  }

  @Test("passes a WebSocket upgrade, both ways")
  func webSocket() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    // The key, and what must be made of it, are the example of RFC 6455 section 1.3.
    let upgrade = [
      "GET /api/x HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
      "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ].joined(separator: "\r\n")
    // The masked text frame "Hello" of section 5.7.
    let frame: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    let good = try site.http.exchange(
      Array("\(upgrade)\r\nAuthorization: Bearer \(secret)\r\n\r\n".utf8) + frame, until: frame)
    #expect(String(decoding: good, as: UTF8.self).hasPrefix("HTTP/1.1 101"))
    #expect(
      String(decoding: good, as: UTF8.self).contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
    )
    #expect(good.suffix(frame.count) == frame[...])
    let bad = try site.http.exchange(Array("\(upgrade)\r\nConnection: close\r\n\r\n".utf8) + frame)
    #expect(String(decoding: bad, as: UTF8.self).hasPrefix("HTTP/1.1 401"))
  }

  @Test("with a scope allows tokens that have it, and the challenge of a 403 reaches the client")
  func scopes() throws {
    let site = try NginxSite()
    let writer = try site.token("writer", "--scopes", "read,write")
    let reader = try site.token("reader", "--scopes", "read")
    let all = try site.token("all")
    #expect(try site.http.get("/api/write/x", token: writer).status == 200)
    #expect(try site.http.get("/api/write/x", token: all).status == 200)
    let forbidden = try site.http.get("/api/write/x", token: reader)
    #expect(forbidden.status == 403)
    #expect(forbidden.headers("WWW-Authenticate").first?.contains("scope=\"write\"") == true)
    // The location /api/ has no scope: a scoped token is denied, whatever header names one.
    for header in ["BEARERD_SCOPE: read", "Bearerd-Scope: read", "X-Bearerd-Scope: read", "X-Other: y"] {
      #expect(try site.http.get("/api/x", token: reader, header).status == 403)
      #expect(
        try site.http.get(
          "/api/write/x", token: reader, header.replacingOccurrences(of: "read", with: "write")
        ).status == 403)
    }
  }

  @Test("admits addresses of from= only, and X-Forwarded-For is no address")
  func addresses() throws {
    let site = try NginxSite()
    let near = try site.token("near", "--from", "127.0.0.0/8")
    #expect(try site.http.get("/private/page.html", token: near).status == 200)
    let far = try site.newToken("far", ["--from", "192.0.2.0/24"])
    // Made before this one, so live after it.
    _ = try site.token("later")
    #expect(try site.http.get("/private/page.html", token: far, "X-Forwarded-For: 192.0.2.1").status == 401)
    #expect(site.bearerd.output.contains("wrong-address"))
  }

  @Test("denies a token when it is revoked, and allows a new one")
  func revoked() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    try site.revoke("app")
    #expect(
      try eventually { try site.http.get("/private/page.html", token: secret).status == 401 })
    let next = try site.token("app")
    #expect(try site.http.get("/private/page.html", token: next).status == 200)
  }

  @Test(
    "denies every request while the daemon is down, killed or stopped, and allows valid tokens afterwards",
    arguments: [SIGKILL, SIGTERM])
  func down(signal: Int32) throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    #expect(site.bearerd.stop(signal) == (signal == SIGTERM ? 0 : 128 + signal))
    for path in ["/private/page.html", "/private/", "/api/x"] {
      let response = try site.http.get(path, token: secret)
      #expect(response.status == 503)
      #expect(!response.body.contains("protected"))
    }
    #expect(try site.http.get("/").status == 200)
    try site.restartBearerd()
    #expect(try eventually { try site.http.get("/private/page.html", token: secret).status == 200 })
  }

  @Test("passes preflights only with --allow-preflight, and nothing that merely looks like one")
  func preflight() throws {
    let lines = ["Origin: https://example.org", "Access-Control-Request-Method: POST"].map { Array($0.utf8) }
    let strict = try NginxSite()
    #expect(try strict.http.request("OPTIONS", "/api/x", lines: lines).status == 401)
    let lenient = try NginxSite("--allow-preflight")
    #expect(try lenient.http.request("OPTIONS", "/api/x", lines: lines).status == 200)
    #expect(try lenient.http.request("OPTIONS", "/api/x", lines: [lines[0]]).status == 401)
    #expect(try lenient.http.request("GET", "/api/x", lines: lines).status == 401)
    let override = lines + [Array("X-HTTP-Method-Override: OPTIONS".utf8)]
    #expect(try lenient.http.request("POST", "/api/x", lines: override).status == 401)
  }

  @Test("shuts after seconds where the daemon hangs, and opens when it goes on")
  func hanging() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    kill(site.bearerd.pid, SIGSTOP)
    try #require(eventually { try site.bearerd.isStopped })
    defer { kill(site.bearerd.pid, SIGCONT) }
    #expect(try site.http.get("/private/page.html", token: secret).status == 503)
    kill(site.bearerd.pid, SIGCONT)
    #expect(try site.http.get("/private/page.html", token: secret).status == 200)
  }

  @Test(
    "tells no secret in any log, error or command line, at any level",
    arguments: ["trace", "debug", "info", "notice", "warning", "error", "critical"])
  func secrets(level: String) throws {
    let site = try NginxSite("--log-level", level)
    let secret = try site.token("app")
    let scoped = try site.token("scoped", "--scopes", "read")
    let taken = try site.token("taken")
    try site.revoke("taken")
    for token in [secret, scoped, taken, String(secret.dropLast()), secret + "x", "\(secret), \(scoped)"] {
      for path in ["/private/page.html", "/api/write/x", "/_bearerd"] {
        _ = try site.http.get(path, token: token)
      }
    }
    site.bearerd.stop()
    _ = try site.http.get("/private/page.html", token: secret)
    for token in [secret, scoped, taken] {
      #expect(!site.told.contains(token.dropFirst(4).prefix(24)))
    }
    #expect(site.told.contains("insufficient-scope") == ["trace", "debug", "info", "notice"].contains(level))
  }

  @Test("names a denied request in bearerd's log as nginx's logs name it")
  func requestID() throws {
    let site = try NginxSite()
    #expect(try site.http.get("/private/page.html").status == 401)
    let denial = try #require(
      site.bearerd.output.firstMatch(of: #/denied .*request=(?<id>\d+-\d+) /#))
    let logged = " 401 application= request=\(denial.id)\n"
    #expect(try eventually { try site.directory.read("access.log").hasSuffix(logged) })
  }

  @Test("keeps a secret out of bearerd's log even if a client puts it into the URL")
  func secretInAddress() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    #expect(try site.http.get("/private/\(secret)/page?token=\(secret)").status == 401)
    #expect(site.bearerd.output.contains("uri=/private/"))
    #expect(!site.bearerd.output.contains(secret.dropFirst(4).prefix(24)))
  }
}
