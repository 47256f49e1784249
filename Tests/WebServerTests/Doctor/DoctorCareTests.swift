import Foundation
import TestSupport
import Testing

@Suite("bearerd doctor takes care: it")
struct DoctorCareTests {
  @Test("never sends a token where others can read it, and warns")
  func plain() throws {
    let token = try KnownTokens.made.get().app
    let site = try NginxSite(
      configuration: NginxConfiguration(
        otherServers:
          "log_format with_secrets '$http_authorization'; access_log DIRECTORY/secrets.log with_secrets;"))
    let outcome = try Bearerd.run(
      "doctor", "http://site.example/private/page.html", "--token-stdin", "--connect-to",
      "127.0.0.1:\(site.http.port)", stdin: token)
    #expect(outcome.findings == ["http:// instead of https://"], "\(outcome.output)")
    #expect(
      outcome.output.contains("others on the path can read a token that is sent here; yours was not sent\n"))
    #expect(outcome.output.contains("  ok     with a wrong token: 401, error=\"invalid_token\"\n"))
    let log = try site.directory.read("secrets.log")
    #expect(log.contains("Bearer brd_") && !log.contains(token))
  }

  @Test("looks at a site over TLS, and believes no certificate of its own")
  func encrypted() throws {
    let directory = try Scratch()
    try directory.makeCertificate(for: "localhost")
    let port = try freePort()
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          listen 127.0.0.1:\(port) ssl;
          ssl_certificate \(directory.path)/certificate; ssl_certificate_key \(directory.path)/key;
          """))
    let command = [Bearerd.path, "doctor", "https://localhost:\(port)/private/page.html"]
    let strange = try Bearerd.start(command).wait()
    #expect(
      strange.findings == ["no response"] && strange.output.contains("curl: (60) SSL certificate problem"))
    let known = try Bearerd.start(["env", "CURL_CA_BUNDLE=\(directory.path)/certificate"] + command).wait()
    #expect(known.code == 0, "\(known.output)")
    _ = site
  }

  @Test("gives the token to curl on its standard input, and nowhere else")
  func secrecy() throws {
    let token = try KnownTokens.made.get().app
    let site = try NginxSite()
    let seen = "\(site.directory.path)/seen"
    let real = try #require(
      ["/usr/local/bin/curl", "/usr/bin/curl"].first { FileManager.default.isExecutableFile(atPath: $0) })
    try site.directory.make(
      "#!/bin/sh\nenv >>\(seen)\necho \"$@\" >>\(seen)\nexec \(real) \"$@\"\n", to: "bin/script")
    try site.directory.install("bin/script", as: "bin/curl")
    try site.directory.write(KnownTokens.made.get().text)
    #expect(try eventually { try site.http.get("/private/page.html", token: token).status == 200 })
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let outcome = try Bearerd.start(
      [
        "env", "PATH=\(site.directory.path)/bin:\(path)", Bearerd.path, "doctor",
        "http://127.0.0.1:\(site.http.port)/private/page.html", "--token-stdin",
      ], stdin: token
    ).wait()
    #expect(outcome.code == 0, "\(outcome.output)")
    let told = try site.directory.read("seen")
    #expect(told.contains("\n-q --config -\n") && !told.contains(token) && !told.contains("brd_"))
    #expect(told.split(separator: "\n").count { $0.hasPrefix("-q") } >= 8)
  }
}
