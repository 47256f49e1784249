import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("bearerd serve")
struct ServeTests {
  private let scratch: Scratch
  private let secret: String

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
  }

  @Test("answers 50 good checks in under a second beside 300 idle, half-sent and kept peers, who cost no CPU")
  func manyConnections() throws {
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    let good: [(name: String, value: [UInt8])] = [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))]
    let peers = try (0..<300).map { index in
      let client = try Client(connectingTo: service.address)
      if index % 3 == 1 {
        try client.send(Array(RequestMessage(parameters: good).bytes.prefix(20 + index % 60)))
      }
      if index % 3 == 2 {
        _ = try client.response(to: RequestMessage(keepsConnection: true, parameters: good))
      }
      return client
    }
    let start = Date()
    for _ in 0..<50 { #expect(try service.status(secret) == 200) }
    #expect(Date().timeIntervalSince(start) < 1)
    #expect(try ProcessFacts(pid: service.running.pid).ticksInOneSecond() <= 1)
    withExtendedLifetime(peers) {}
  }

  @Test("warns if it runs as root, and only then", .enabled(if: geteuid() == 0))
  func root() throws {
    let asRoot = try Service(scratch: scratch)
    try asRoot.waits(for: "ready on")
    #expect(asRoot.log.contains("warning: running as root"))
    let plain = try Scratch()
    try plain.write("", mode: 0o644)
    #expect(chown(plain.path, 65_534, 65_534) == 0)
    let options = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
    let asUser = try Service(scratch: plain, launcher: ["setpriv"] + options)
    try asUser.waits(for: "ready on")
    #expect(!asUser.log.contains("running as root"))
  }

  @Test("tells a flood of denials in a few lines, and how many it held back")
  func flood() throws {
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    for _ in 0..<200 { #expect(try service.status(nil) == 401) }
    try service.waits(for: "suppressed")
    #expect(service.log.components(separatedBy: "no-credentials").count < 60)
  }

  @Test("answers all requests while its log is not read, and says afterwards how many lines were lost")
  func unreadLog() throws {
    let path = "\(scratch.path)/log"
    try #require(mkfifo(path, 0o600) == 0)
    let log = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let filler = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    defer { [log, filler].forEach { close($0) } }
    var page = [UInt8](repeating: 0, count: 4096)
    while write(filler, page, page.count) > 0 {}
    let service = try Service(scratch: scratch, launcher: ["sh", "-c", "exec \"$@\" 2>\(path)", "sh"])
    #expect(eventually(seconds: 10) { (try? service.status(secret)) == 200 })
    for _ in 0..<20 { #expect(try service.status(nil) == 401) }
    while read(log, &page, page.count) > 0 {}
    #expect(try service.status("unknown") == 401)
    var told = ""
    while case let count = read(log, &page, page.count), count > 0 {
      told += String(decoding: page[..<count], as: UTF8.self)
    }
    #expect(told.contains("reason=unknown-token"))
    #expect(told.contains("log lines lost because standard error was not read: "))
  }

  @Test("writes the journal's own priorities where standard error is the journal's stream, and only there")
  func journal() throws {
    let asJournal = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \"$@\""
    let service = try Service(scratch: scratch, launcher: ["sh", "-c", asJournal, "sh"])
    try service.waits(for: "<5>ready on")
    #expect(try service.status(nil) == 401)
    try service.waits(for: "<5>denied client=192.0.2.7")
    #expect(try service.end().code == 0)
    let elsewhere = "JOURNAL_STREAM=1:1 exec \"$@\""
    let plain = try Service(scratch: scratch, launcher: ["sh", "-c", elsewhere, "sh"])
    try plain.waits(for: "notice: ready on")
  }

  @Test("takes a socket from spawn-fcgi on descriptor 0")
  func spawnFcgi() throws {
    let path = "\(scratch.path)/socket"
    let spawn = try Bearerd.start(
      ["spawn-fcgi", "-n", "-s", path, "--", Bearerd.path, "serve", "--tokens", scratch.tokens])
    defer {
      kill(spawn.pid, SIGKILL)
      waitpid(spawn.pid, nil, 0)
    }
    let good = RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))])
    #expect(eventually { (try? Client(connectingTo: .unix(path: path)).response(to: good).status) == 200 })
  }

  @Test(
    "takes sockets from systemd, all or by name",
    arguments: [[], ["--listen", "systemd"], ["--listen", "systemd:web"]])
  func systemd(listen: [String]) throws {
    let path = "\(scratch.path)/socket"
    let activate = try Bearerd.start(
      [
        "systemd-socket-activate", "-l", path, "--fdname=web", Bearerd.path, "serve", "--tokens",
        scratch.tokens,
      ]
        + listen)
    defer {
      kill(activate.pid, SIGKILL)
      waitpid(activate.pid, nil, 0)
    }
    let good = RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))])
    #expect(eventually { (try? Client(connectingTo: .unix(path: path)).response(to: good).status) == 200 })
  }

  @Test("listens on IPv4 and IPv6", arguments: ["127.0.0.1:19471", "[::1]:19472", "localhost:19473"])
  func tcp(address: String) throws {
    let service = try Service("--listen", address, scratch: scratch, listens: false)
    try service.waits(for: "ready on \(address)")
    let good = RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))])
    #expect(try Client(connectingTo: ListenAddress(parsing: address)).response(to: good).status == 200)
  }

  @Test(
    "says what to write where it cannot listen",
    arguments: [
      (["--listen", "9000"], 64, "write 127.0.0.1:9000"),
      (["--listen", "fd:77"], 69, "not a listening socket"),
      (["--listen", "systemd"], 69, "systemd passed no socket"), ([], 69, "use --listen unix:"),
      (["--listen", "unix:/nowhere/socket"], 69, "No such file"),
      (["--listen", "192.0.2.1:80"], 69, "Cannot assign"),
      (["--listen", "unix:/x", "--socket-mode", "999"], 64, "octal"),
      (["--listen", "unix:/x", "--socket-owner", "no-such-user"], 64, "no user"),
      (["--listen", "unix:/x", "--workers", "0"], 64, "--workers"),
      (["--listen", "unix:/x", "--realm", "a\nb"], 64, "printable ASCII"),
      (["--listen", "unix:/x", "--resource-metadata", "x"], 64, "not a URL"),
      (["--listen", "unix:/x", "--log-level", "loud"], 64, "log-level"),
    ])
  func refuses(options: [String], code: Int32, message: String) throws {
    let outcome = try Bearerd.start([Bearerd.path, "serve", "--tokens", scratch.tokens] + options).wait()
    #expect(outcome.code == code)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test(
    "does not start with a bad or missing token file",
    arguments: [("app nonsense\n", 78), (nil, 74)] as [(String?, Int32)])
  func badTokens(text: String?, code: Int32) throws {
    let scratch = try Scratch()
    if let text { try scratch.write(text) }
    let service = try Service(scratch: scratch)
    let outcome = try service.wait()
    #expect(outcome.code == code)
    #expect(outcome.errors.contains("tokens"))
    #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/socket"))
  }
}
