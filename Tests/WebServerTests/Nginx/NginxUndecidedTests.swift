import Foundation
import TestSupport
import Testing

@testable import FastCGI

/// The daemon is down, hangs, fails or is something else: nginx must deny by itself, whatever the site says of errors.
@Suite("nginx without a decision of the daemon")
struct NginxUndecidedTests {
  /// What sites write in a guarded location for errors of their backend. GUARD is where they include the guard.
  static let locations = [
    "GUARD",
    "error_page 500 502 503 504 = @fallback; GUARD",
    "GUARD error_page 500 502 503 504 = @fallback;",
    "GUARD error_page 500 =200 /index.html; error_page 502 503 =200 /index.html; error_page 504 @fallback;",
    "recursive_error_pages on; GUARD error_page 500 502 503 504 = @fallback;",
    "GUARD error_page 400 404 405 408 413 414 418 429 494 495 496 497 500 501 502 503 504 507 = @fallback;",
    "GUARD proxy_intercept_errors on; fastcgi_intercept_errors on; error_page 300 302 404 500 502 = @fallback;",
    "set $bearerd_scope write; GUARD error_page 500 502 503 504 = @fallback;",
    "set $bearerd_allow_origin *; include snippets/bearerd-cors.conf; GUARD error_page 500 = @fallback;",
    "GUARD error_page 500 502 503 504 = @fallback; location ~ x { root DIRECTORY/site; }",
  ]

  /// What sites write around it: in the server, and at the http level.
  static let surroundings: [(String, String)] = [
    ("", ""),
    ("error_page 403 500 502 503 504 =200 /index.html;", ""),
    ("recursive_error_pages on; error_page 401 403 500 502 503 504 =200 /index.html;", ""),
    ("", "recursive_error_pages on; error_page 400 401 403 404 500 502 503 504 =200 /index.html;"),
    ("fastcgi_intercept_errors off; fastcgi_next_upstream off; fastcgi_keep_conn on;", ""),
  ]

  private func site(_ around: (server: String, http: String), daemon: String? = nil) throws -> NginxSite {
    let locations = Self.locations.enumerated().map { index, text in
      "location /\(index)/ { \(text.replacingOccurrences(of: "GUARD", with: "include snippets/bearerd-guard.conf;")) }"
    }
    let configuration = NginxConfiguration(
      server: """
        \(around.server)
        large_client_header_buffers 4 128k;
        \(locations.joined(separator: "\n"))
        location @fallback { return 200 "open $http_authorization"; }
        """, otherServers: around.http)
    guard let daemon else { return try NginxSite(configuration: configuration) }
    return try NginxSite(configuration: configuration) { directory in
      let program = try Program(["python3", "-c", daemon, "--listen", "unix:\(directory.path)/socket"])
      try #require(
        eventually { FileManager.default.fileExists(atPath: "\(directory.path)/socket") }, "\(program.output)"
      )
      return program
    }
  }

  /// Every guarded location denies with 503, with and without a token.
  private func expectDenied(_ site: NginxSite, _ token: String, methods: [String] = ["GET", "OPTIONS"]) throws
  {
    let long = String(repeating: "x", count: 66_000)
    for index in Self.locations.indices {
      for (method, query) in methods.map({ ($0, "") }) + [("GET", "?\(long)")] {
        // bearerd-cors.conf answers preflights itself.
        if Self.locations[index].contains("cors") && method == "OPTIONS" { continue }
        let authorization = Array("Authorization: Bearer \(token)".utf8)
        let response = try site.http.request(method, "/\(index)/x\(query)", lines: [authorization])
        let name = "\(method) \(Self.locations[index]) \(query.prefix(2))"
        #expect(response.status == 503, "\(name)")
        #expect(response.headers("Retry-After") == ["5"], "\(name)")
        #expect(!response.body.contains("open") && !response.body.contains("public"), "\(name)")
      }
    }
  }

  @Test("denies with 503 and Retry-After if the daemon was stopped or killed", arguments: surroundings)
  func stopped(server: String, http: String) throws {
    let site = try site((server, http))
    let secret = try site.token("app")
    // After SIGKILL the socket is still there, and refuses.
    for signal in [SIGKILL, SIGTERM] {
      site.bearerd.stop(signal)
      try expectDenied(site, secret)
      try site.restartBearerd()
      #expect(try eventually { try site.http.get("/private/page.html", token: secret).status == 200 })
    }
  }

  @Test("denies with 503 and Retry-After if the daemon is frozen")
  func frozen() throws {
    let site = try site(Self.surroundings[2])
    let secret = try site.token("app")
    kill(site.bearerd.pid, SIGSTOP)
    try #require(eventually { try site.bearerd.isStopped })
    defer { kill(site.bearerd.pid, SIGCONT) }
    let http = site.http
    // nginx waits five seconds for each, so all at once.
    let answers = Self.locations.indices.map { index in
      Background { try? http.get("/\(index)/x", token: secret) }
    }
    for (index, answer) in answers.enumerated() {
      try #require(eventually(seconds: 40) { answer.value != nil })
      let response = try #require(answer.value)
      #expect(response.status == 503, "\(Self.locations[index])")
      #expect(response.headers("Retry-After") == ["5"], "\(Self.locations[index])")
      #expect(!response.body.contains("open"), "\(Self.locations[index])")
    }
  }

  /// Answers that are no decision: statuses that bearerd does not use, and what is not a FastCGI response.
  static let noDecisions =
    ["300", "302", "304", "400", "404", "405", "413", "418", "429", "451", "500", "502", "503", "511"].map {
      "(6, b\"Status: \($0) x\\r\\n\\r\\n\"), (6, b\"\"), end(0)"
    } + [
      "", "end(0),", "end(1),", "end(2),", "(7, b\"no memory\"), end(0)", "(6, b\"Status: 2\"),",
      "(6, b\"Status: abc\\r\\n\\r\\n\"), end(0)", "(99, b\"x\"), end(0)",
      "(6, b\"a b c\\r\\n\\r\\n\"), end(0)",
    ]

  @Test("denies with 503 and Retry-After whatever else answers", arguments: noDecisions)
  func otherAnswer(answer: String) throws {
    let site = try site(Self.surroundings[2], daemon: Impostor.program(answering: answer))
    try expectDenied(site, "x", methods: ["GET"])
  }

  @Test("denies with 503 and Retry-After if the daemon is so busy that no connection can wait any longer")
  func overloaded() throws {
    let site = try site(
      Self.surroundings[1],
      daemon: """
        import os, socket, sys, time
        path = sys.argv[2][5:]
        server = socket.socket(socket.AF_UNIX)
        server.bind(path + ".new")
        server.listen(0)
        waiting = []
        try:
            while True:
                waiting.append(socket.socket(socket.AF_UNIX))
                waiting[-1].setblocking(False)
                waiting[-1].connect(path + ".new")
        except BlockingIOError:
            os.rename(path + ".new", path)
        time.sleep(600)
        """)
    try expectDenied(site, "x", methods: ["GET"])
  }

  @Test(
    "says so in the form of the site's denials",
    arguments: [
      ("bearerd-denied.conf", "text/html", "503 Service Temporarily Unavailable"),
      ("bearerd-denied-json.conf", "application/problem+json", "\"status\":503"),
      ("bearerd-denied-grpc.conf", "application/grpc", ""),
    ])
  func form(denied: String, type: String, body: String) throws {
    let site = try NginxSite(configuration: NginxConfiguration(denied: denied))
    let secret = try site.token("app")
    site.bearerd.stop()
    for path in ["/private/page.html", "/api/x", "/api/write/x"] {
      let response = try site.http.get(path, token: secret)
      #expect(response.status == 503)
      #expect(response.headers("Content-Type") == [type])
      #expect(response.headers("Retry-After") == ["5"])
      #expect(response.headers("WWW-Authenticate") == [])
      #expect(body.isEmpty ? response.body.isEmpty : response.body.contains(body))
    }
    #expect(try site.http.request("HEAD", "/private/page.html").status == 503)
  }
}
