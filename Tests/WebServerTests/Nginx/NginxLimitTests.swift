import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("A limit for each application through nginx")
struct NginxLimitTests {
  private static let zones = ["proxy", "files", "cached"].map {
    "limit_req_zone $bearerd_application zone=\($0):1m rate=10r/s;"
  }.joined(separator: "\n")

  private static let server = """
    location /proxy/ {
      include snippets/bearerd-guard.conf;
      try_files /nonexistent @proxy;
    }
    location @proxy {
      include snippets/bearerd-limit.conf;
      limit_req zone=proxy burst=5 nodelay;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    location /private/files/ {
      include snippets/bearerd-guard.conf;
      try_files /nonexistent @files;
    }
    location @files {
      include snippets/bearerd-limit.conf;
      limit_req zone=files burst=5 nodelay;
    }
    location /cached/ {
      set $bearerd_cache bearerd;
      include snippets/bearerd-guard.conf;
      try_files /nonexistent @cached;
    }
    location @cached {
      include snippets/bearerd-limit.conf;
      limit_req zone=cached burst=5 nodelay;
      include snippets/bearerd-proxy.conf;
      proxy_pass http://BACKEND;
    }
    """

  private func site(_ denied: String) throws -> NginxSite {
    let site = try NginxSite(
      "--cache-ttl", "60",
      configuration: NginxConfiguration(
        server: Self.server, otherServers: "include snippets/bearerd-cache.conf;\n\(Self.zones)",
        denied: denied))
    try site.directory.make("a file\n", to: "site/private/files/a.txt")
    return site
  }

  @Test(
    "denies the one that is far over it with 429, and never the one that is within it at the same time",
    arguments: ["/proxy/x", "/private/files/a.txt", "/cached/x"])
  func limits(path: String) throws {
    let site = try site("bearerd-denied-json.conf")
    let (near, far) = (try site.token("near"), try site.token("far"))
    // Each connects anew; as fast as it gets answers.
    let http = site.http
    let isOver = Atomic<Bool>(false)
    let rushed = Background<[HTTPResponse]> {
      var responses: [HTTPResponse] = []
      while !isOver.load(ordering: .relaxed) || responses.count < 100 {
        guard let response = try? http.get(path, token: far) else { return nil }
        responses.append(response)
      }
      return responses
    }
    let start = Date()
    for _ in 0..<15 {
      usleep(200_000)
      let response = try http.get(path, token: near)
      #expect(response.status == 200, "\(response.status)")
    }
    isOver.store(true, ordering: .relaxed)
    try #require(eventually { rushed.value != nil })
    let responses = try #require(rushed.value)
    let seconds = Date().timeIntervalSince(start)
    let allowed = responses.count { $0.status == 200 }
    let denied = responses.filter { $0.status == 429 }
    #expect(allowed + denied.count == responses.count)
    #expect(
      Double(allowed) <= 6 + 10 * seconds + 2 && !denied.isEmpty,
      "\(allowed) of \(responses.count) in \(seconds) s")
    for response in denied.prefix(3) {
      #expect(response.headers("Retry-After") == ["1"])
      #expect(response.headers("Content-Type") == ["application/problem+json"])
      #expect(response.body.contains("\"code\":\"rate_limit_exceeded\""))
      #expect(response.headers("WWW-Authenticate").isEmpty)
    }
    // Denials come first: they count for no application.
    #expect(try http.get(path).status == 401)
    #expect(try http.get(path, token: "wrong").status == 401)
  }

  @Test(
    "is answered in the form of the other denials",
    arguments: [
      ("bearerd-denied.conf", "text/html"), ("bearerd-denied-json.conf", "application/problem+json"),
      ("bearerd-denied-grpc.conf", "application/grpc"),
    ])
  func form(denied: String, type: String) throws {
    let site = try site(denied)
    let secret = try site.token("app")
    var limited: HTTPResponse?
    _ = try eventually {
      let response = try site.http.get("/proxy/x", token: secret)
      if response.status == 429 { limited = response }
      return limited != nil
    }
    let response = try #require(limited)
    #expect(response.headers("Content-Type") == [type] && response.headers("Retry-After") == ["1"])
    #expect(response.headers("grpc-status") == (denied.contains("grpc") ? ["8"] : []))
    // Clients reach the location with the limit only through the check.
    #expect(try site.http.get("/proxy/x").status == 401)
    #expect(!site.nginx.output.contains("[warn]"), "\(site.nginx.output)")
  }
}
