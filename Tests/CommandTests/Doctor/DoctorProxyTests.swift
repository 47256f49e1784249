import Foundation
import TestSupport
import Testing

@Suite("bearerd doctor sends a token")
struct DoctorProxyTests {
  private static let token = "brd_00000000000000000000000000000000000000000002CZclj"

  /// Every way in which curl can be told of a proxy or of another configuration.
  private func environment(_ proxy: RecordingServer, home: String) -> [String] {
    let names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    let proxies = names.map { "\($0)=http://127.0.0.1:\(proxy.port)" }
    return ["env", "NO_PROXY=", "no_proxy=", "HOME=\(home)", "CURL_HOME=\(home)", "XDG_CONFIG_HOME=\(home)"]
      + proxies + ["SSLKEYLOGFILE=\(home)/keys"]
  }

  private func doctor(_ url: String, _ options: [String] = [], _ environment: [String]) throws -> Outcome {
    try Bearerd.start(
      environment + [Bearerd.path, "doctor", url, "--token-stdin"] + options, stdin: DoctorProxyTests.token
    ).wait()
  }

  @Test(
    "for this machine to no proxy that the environment or a configuration of curl names",
    arguments: ["127.0.0.1", "localhost", "a.localhost", "127.0.0.2"])
  func loopback(host: String) throws {
    let scratch = try Scratch()
    let (site, proxy) = (try RecordingServer(), try RecordingServer())
    let configuration = "proxy = \"http://127.0.0.1:\(proxy.port)\"\nlocation\n"
    for name in [".curlrc", "curlrc"] { try scratch.write(configuration, to: name) }
    let outcome = try doctor("http://\(host):\(site.port)/", [], environment(proxy, home: scratch.path))
    #expect(site.received.contains(DoctorProxyTests.token), "\(outcome.output)")
    #expect(proxy.received.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/keys"))
  }

  @Test(
    "over http to no other machine, by whatever spelling, with --connect-to or a proxy",
    arguments: [
      ("http://localhost:PORT/", ["--connect-to", "0.0.0.0:PORT"]),
      ("http://127.0.0.1:PORT/", ["--connect-to", "[::ffff:127.0.0.1]:PORT"]),
      ("http://[::1]:PORT/", ["--connect-to", "2130706433:PORT"]),
      ("http://localhost/", ["--connect-to", "127.1:PORT"]),
      ("http://site.example/", ["--connect-to", "127.0.0.1:PORT"]),
      ("http://0.0.0.0:PORT/", []), ("http://2130706433:PORT/", []), ("http://0177.0.0.1:PORT/", []),
      ("http://[::ffff:127.0.0.1]:PORT/", []), ("http://127.1:PORT/", []), ("http://0x7f000001:PORT/", []),
      ("http://site.example/", []), ("http://localhost.example/", []), ("http://127.0.0.1.example/", []),
    ])
  func otherMachine(url: String, options: [String]) throws {
    let scratch = try Scratch()
    let (site, proxy) = (try RecordingServer(), try RecordingServer())
    let port = "\(site.port)"
    let outcome = try doctor(
      url.replacing("PORT", with: port), options.map { $0.replacing("PORT", with: port) },
      environment(proxy, home: scratch.path))
    #expect(outcome.code == 1)
    #expect(
      outcome.output.contains("\n  wrong  ") && outcome.output.contains("yours was not sent"),
      "\(outcome.output)")
    #expect(!site.received.contains(DoctorProxyTests.token), "\(site.received)")
    #expect(proxy.received.isEmpty, "\(proxy.received)")
  }

  @Test("to no user's name in a URL, which only looks like this machine")
  func userInformation() throws {
    let outcome = try doctor("http://127.0.0.1@site.example/", [], ["env"])
    #expect(outcome.code == 64 && outcome.errors.contains("contains a user name or password"))
  }

  @Test("to the target of no redirect")
  func redirect() throws {
    let target = try RecordingServer()
    let site = try RecordingServer(
      answer: "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:\(target.port)/\r\nContent-Length: 0\r\n\r\n")
    _ = try doctor("http://127.0.0.1:\(site.port)/", [], ["env"])
    #expect(!site.received.isEmpty && target.received.isEmpty)
  }

  @Test("over TLS through a proxy, which sees the host's name and nothing else")
  func encrypted() throws {
    let scratch = try Scratch()
    let proxy = try RecordingServer(answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    let outcome = try doctor("https://site.example/", [], environment(proxy, home: scratch.path))
    #expect(outcome.output.contains("no answer"), "\(outcome.output)")
    #expect(proxy.received.hasPrefix("CONNECT site.example:443 HTTP/1.1\r\n"), "\(proxy.received)")
    #expect(!proxy.received.contains(DoctorProxyTests.token))
    // The server that --connect-to names, and this machine, are called directly.
    let direct = try RecordingServer()
    for arguments in [
      ["https://localhost:1/"], ["https://site.example/", "--connect-to", "127.0.0.1:1"],
    ] {
      let refused = try doctor(
        arguments[0], Array(arguments.dropFirst()), environment(direct, home: scratch.path))
      #expect(refused.output.contains("curl: (7)"), "\(refused.output)")
    }
    #expect(direct.received.isEmpty)
  }

  @Test("over FastCGI to no other machine")
  func fastCGI() throws {
    // Not loopback to the kernel, as an address of this machine on a network.
    guard let address = try RecordingServer.networkAddress() else { return }
    let scratch = try Scratch()
    let token = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let port = try RecordingServer.freePort()
    let daemon = try Bearerd.start([
      Bearerd.path, "serve", "--tokens", scratch.tokens, "--listen", "0.0.0.0:\(port)",
    ])
    defer {
      kill(daemon.pid, SIGKILL)
      _ = try? daemon.wait()
    }
    try #require(eventually { daemon.errorsSoFar.contains("ready on") }, "\(daemon.errorsSoFar)")
    let far = try Bearerd.run("doctor", "\(address):\(port)", "--token-stdin", stdin: token)
    #expect(far.code == 1 && far.output.contains("wrong  your token was not sent"), "\(far.output)")
    let near = try Bearerd.run("doctor", "localhost:\(port)", "--token-stdin", stdin: token)
    #expect(near.code == 0, "\(near.output)")
  }
}

@Suite("bearerd manifest check sends a verification token")
struct ManifestProxyTests {
  @Test("over http to no proxy")
  func loopback() throws {
    let scratch = try Scratch()
    try scratch.write("")
    let (site, proxy) = (try RecordingServer(), try RecordingServer())
    _ = try Bearerd.start([
      "env", "http_proxy=http://127.0.0.1:\(proxy.port)", "ALL_PROXY=http://127.0.0.1:\(proxy.port)",
      Bearerd.path, "manifest", "check", "http://localhost:\(site.port)", "--tokens", scratch.tokens,
    ]).wait()
    #expect(!site.received.isEmpty && proxy.received.isEmpty)
  }
}
