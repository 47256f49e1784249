import Foundation
import TestSupport
import Testing

@Suite("nginx's operator snippets")
struct NginxOperatorTests {
  /// A site whose clients can say at their source, as behind a trusted proxy.
  private func site(_ server: String = "", http: String = "") throws -> NginxSite {
    try NginxSite(
      configuration: NginxConfiguration(
        server: """
          set_real_ip_from 127.0.0.1;
          real_ip_header X-Test-Address;
          include snippets/bearerd-metrics.conf;
          include snippets/bearerd-health.conf;
          \(server)
          """, otherServers: http))
  }

  @Test("can warn a client before its token expires")
  func expiry() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location /private/warned/ {
            include snippets/bearerd-guard.conf;
            add_header X-Token-Expires $bearerd_expires;
          }
          """))
    try site.directory.make("a file\n", to: "site/private/warned/a.txt")
    let (mortal, endless) = (try site.token("mortal", "--expires", "2999-01-31"), try site.token("endless"))
    let warned = try site.http.get("/private/warned/a.txt", token: mortal)
    #expect(warned.status == 200 && warned.headers("X-Token-Expires") == ["2999-01-31T00:00:00Z"])
    let quiet = try site.http.get("/private/warned/a.txt", token: endless)
    #expect(quiet.status == 200 && quiet.headers("X-Token-Expires").isEmpty)
    // A client cannot set it, and it is not sent unless the site does.
    let forged = try site.http.get(
      "/private/warned/a.txt", token: endless, "X-Bearerd-Expires: 2999-01-01T00:00:00Z")
    #expect(forged.headers("X-Token-Expires").isEmpty)
    let other = try site.http.get("/private/page.html", token: mortal)
    #expect(other.status == 200 && other.headers("X-Bearerd-Expires").isEmpty)
  }

  @Test("give Prometheus figures that pass its own check, also many, and health")
  func answers() throws {
    let site = try site()
    let secret = try site.token("app")
    let names = (0..<300).map {
      "app\($0) sha256:\(String(repeating: "0", count: 56))\(10_000_000 + $0) expires=2099-01-01\n"
    }
    try site.directory.write(try site.directory.read("tokens") + names.joined())
    #expect(try site.http.get("/private/page.html", token: secret).status == 200)
    var response = try site.http.get("/metrics")
    #expect(
      try eventually {
        response = try site.http.get("/metrics")
        return response.body.contains("bearerd_tokens{application=\"app299\"} 1\n")
      }, "\(response.body)")
    #expect(response.status == 200)
    #expect(response.headers("Content-Type") == ["text/plain; version=0.0.4; charset=utf-8"])
    #expect(response.body.utf8.count > 30_000)
    #expect(response.body.contains("bearerd_checks_total{result=\"allowed\",application=\"app\"} "))
    let check = try Bearerd.start(["promtool", "check", "metrics"], stdin: response.body).wait()
    #expect(check.code == 0 && check.output.isEmpty && check.errors.isEmpty, "\(check.output)\(check.errors)")
    let health = try site.http.get("/bearerd-health")
    #expect(health.status == 200 && health.body == "ready\n")
  }

  @Test(
    "are for this machine alone, whatever the server says of satisfy",
    arguments: ["/metrics", "/bearerd-health"])
  func strangers(path: String) throws {
    let site = try site("satisfy any;")
    #expect(try site.http.get(path).status == 200)
    for address in ["192.0.2.7", "10.0.0.1", "2001:db8::1"] {
      let refused = try site.http.get(path, "X-Test-Address: \(address)")
      #expect(refused.status == 403 && !refused.body.contains("bearerd_") && !refused.body.contains("ready"))
    }
    #expect(try site.http.get(path, "X-Test-Address: ::1").status == 200)
  }

  @Test("tell the daemon nothing of the client's, and answer the same whatever a client sends")
  func client() throws {
    let site = try site()
    let secret = try site.token("app")
    for path in ["/metrics?BEARERD_ENDPOINT=status", "/metrics"] {
      let response = try site.http.get(
        path, token: secret, "Bearerd-Endpoint: status", "BEARERD_ENDPOINT: status")
      #expect(response.status == 200 && response.body.hasPrefix("# HELP bearerd_"))
    }
    #expect(try site.http.request("POST", "/metrics", body: Array("x".utf8)).status == 200)
    // Nor can a client turn a check into a question.
    #expect(try site.http.get("/private/page.html", "Bearerd-Endpoint: health").status == 401)
    site.bearerd.stop()
    let recorder = try FastCGIBackend(socket: "\(site.directory.path)/socket")
    _ = try site.http.get("/metrics", token: secret, "Cookie: session=1")
    #expect(recorder.lastParameters == ["BEARERD_ENDPOINT=metrics"])
  }

  @Test("are of this moment, whatever the server caches")
  func cached() throws {
    let site = try site(
      "fastcgi_cache php; fastcgi_cache_key $uri; fastcgi_cache_valid any 1h; fastcgi_ignore_headers Cache-Control;",
      http: "fastcgi_cache_path DIRECTORY/php keys_zone=php:1m;")
    for path in ["/metrics", "/bearerd-health"] { #expect(try site.http.get(path).status == 200) }
    site.bearerd.stop()
    for path in ["/metrics", "/bearerd-health"] { #expect(try site.http.get(path).status == 502) }
    try site.restartBearerd()
    for path in ["/metrics", "/bearerd-health"] {
      #expect(try eventually { try site.http.get(path).status == 200 })
    }
  }

  @Test("say that there is no daemon as nginx does: health is not 200")
  func absent() throws {
    let site = try site()
    site.bearerd.stop()
    #expect(try site.http.get("/bearerd-health").status == 502)
    #expect(try site.http.get("/metrics").status == 502)
  }

  @Test(
    "in the location of the check allow nothing: the daemon answers 500, and nginx 503",
    arguments: ["health", "metrics", "status"])
  func astray(endpoint: String) throws {
    let site = try NginxSite()
    let snippet = "\(site.directory.path)/snippets/bearerd-auth.conf"
    let text = try String(contentsOfFile: snippet, encoding: .utf8)
    let secret = try site.token("app")
    try text.replacingOccurrences(
      of: "    fastcgi_pass bearerd;\n",
      with: "    fastcgi_pass bearerd;\n    fastcgi_param BEARERD_ENDPOINT \(endpoint);\n"
    ).write(toFile: snippet, atomically: false, encoding: .utf8)
    // Without a master process it takes no SIGHUP.
    site.nginx.stop()
    let again = try Program(NginxSite.command(in: site.directory))
    defer { again.stop() }
    #expect(eventually { (try? site.http.get("/").status) == 200 }, "\(again.output)")
    for token in [nil, secret, "wrong"] {
      #expect(try site.http.get("/private/page.html", token: token).status == 503)
    }
    #expect(site.bearerd.output.contains("BEARERD_ENDPOINT cannot be combined with HTTP_AUTHORIZATION"))
  }
}
