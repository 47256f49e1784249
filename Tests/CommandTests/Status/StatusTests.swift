import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("bearerd status and health")
struct StatusTests {
  private let scratch: Scratch
  private let secret: String

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", "--expires", "10d", tokens: scratch.tokens).line
  }

  private func start() throws -> Service {
    let service = try Service("--workers", "2", scratch: scratch)
    try service.waits(for: "ready on")
    return service
  }

  private func report(_ service: Service) throws -> [String: Any] {
    let outcome = try Bearerd.run("status", "--json", "--listen", service.address.description)
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test("show keys with their last use, applications, denials, the tokens' state and the connections")
  func screen() throws {
    let service = try start()
    for _ in 0..<3 { #expect(try service.status(secret) == 200) }
    for _ in 0..<2 { #expect(try service.status(nil) == 401) }
    let outcome = try Bearerd.run("status", "--listen", service.address.description)
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    for expected in [
      /bearerd \d+\.\d+\.\d+, process \d+, on unix:\S+\/socket\n/, /\nready for \d+ seconds?\n/,
      /\n1 token of 1 application, read 20\S+Z \(\d+ seconds? ago\)\n/, /\n  \S+\/tokens, written 20\S+Z\n/,
      /\n5 checks: 3 allowed, 2 denied; 0 failed\n/,
      /\n6 connections: 0 rejected by the gate, 0 from peers not allowed,/,
      /\nAPPLICATION  KEY     LAST USED +FROM +EXPIRES IN\napp          \w{6}  \d+ seconds? ago +192\.0\.2\.7  \d+ days\n/,
      /\nAPPLICATION  TOKENS  ALLOWED  DENIED\napp          1       3        0\n/,
      /\nDENIED          LAST MINUTE  LAST HOUR  SINCE START\nno-credentials  2            2          2\n$/,
    ] as [Regex<Substring>] {
      #expect(outcome.output.firstMatch(of: expected) != nil, "\(outcome.output)")
    }
  }

  @Test("show notes, and nothing else does")
  func notes() throws {
    let other = try Bearerd.run("token", "new", "noted", "--note", "Ann of accounts", tokens: scratch.tokens)
      .line
    let service = try start()
    let screen = try Bearerd.run("status", "--listen", service.address.description).output
    #expect(screen.firstMatch(of: /EXPIRES IN +NOTE\n/) != nil, "\(screen)")
    #expect(screen.firstMatch(of: /\nnoted +\w{6} +- +- +never +Ann of accounts\n/) != nil, "\(screen)")
    let keys = try #require(try report(service)["keys"] as? [[String: Any]])
    #expect(keys.compactMap { $0["note"] as? String } == ["Ann of accounts"])
    let request = RequestMessage(parameters: [
      ("REQUEST_METHOD", Array("GET".utf8)), ("HTTP_AUTHORIZATION", Array("Bearer \(other)".utf8)),
    ])
    let allowed = try Client(connectingTo: service.address).response(to: request)
    #expect(allowed.status == 200 && !"\(allowed)".contains("accounts"))
    let metrics = RequestMessage(parameters: [
      ("REQUEST_METHOD", Array("GET".utf8)), ("BEARERD_ENDPOINT", Array("metrics".utf8)),
    ])
    #expect(try !Client(connectingTo: service.address).response(to: metrics).body.contains("accounts"))
    #expect(!service.log.contains("accounts"))
  }

  @Test("tell programs the same as JSON, each instant in RFC 3339")
  func json() throws {
    let service = try start()
    #expect(try service.status(secret) == 200)
    let report = try report(service)
    #expect(report["ready"] as? Bool == true && report["problem"] is NSNull)
    let key = try #require((report["keys"] as? [[String: Any]])?.first)
    #expect(key["application"] as? String == "app" && key["lastUsedFrom"] as? String == "192.0.2.7")
    let text = try #require(key["lastUsed"] as? String)
    let used = try #require(ISO8601DateFormatter().date(from: text))
    #expect(abs(used.timeIntervalSinceNow) < 60)
    let tokens = try #require(report["tokens"] as? [String: Any])
    #expect(tokens["path"] as? String == scratch.tokens && tokens["failure"] is NSNull)
  }

  @Test("say that reloads fail, since when and why, and that it is over")
  func failing() throws {
    let service = try start()
    let good = try scratch.read()
    try scratch.write("app nonsense\n")
    try service.waits(for: "keeping the previous tokens")
    var screen = try Bearerd.run("status", "--listen", service.address.description).output
    #expect(
      screen.contains("\nRELOAD FAILED since 20") && screen.contains("keeping the previous tokens"),
      "\(screen)")
    #expect(screen.contains("tokens:1:5: error: "))
    try scratch.write(good)
    #expect(
      try eventually(seconds: 10) {
        screen = try Bearerd.run("status", "--listen", service.address.description).output
        return !screen.contains("RELOAD FAILED")
      }, "\(screen)")
    let tokens = try #require(try report(service)["tokens"] as? [String: Any])
    let failed = try #require(tokens["failedReloads"] as? Int)
    let succeeded = try #require(tokens["reloads"] as? Int)
    #expect(failed >= 1 && succeeded >= 1)
  }

  @Test(
    "say not ready if the tokens in use differ from those on disk for more than five seconds, logged and counted once",
    arguments: ["broken", "unreadable", "gone with its directory"])
  func outdated(how: String) throws {
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/d", withIntermediateDirectories: false)
    let tokens = "\(scratch.path)/d/tokens"
    try FileManager.default.moveItem(atPath: scratch.tokens, toPath: tokens)
    let good = try scratch.read("d/tokens")
    let service = try Service(scratch: scratch, tokens: tokens, launcher: plainUser)
    try service.waits(for: "ready on")
    func health() throws -> Outcome { try Bearerd.run("health", "--listen", service.address.description) }
    func metrics() throws -> String {
      try Client(connectingTo: service.address).response(
        to: RequestMessage(parameters: [("BEARERD_ENDPOINT", Array("metrics".utf8))])
      ).body
    }
    switch how {
    case "broken": try scratch.write("app nonsense\n", to: "d/tokens")
    case "unreadable": chmod(tokens, 0)
    default: #expect(rename("\(scratch.path)/d", "\(scratch.path)/gone") == 0)
    }
    let start = Date()
    #expect(try health().output == "ready\n")
    #expect(try eventually(seconds: 10) { try health().code == 1 })
    #expect(Date().timeIntervalSince(start) > 4)
    let answer = try health().output
    #expect(
      answer.hasPrefix("not ready: the tokens in use differ from those on disk: ")
        && answer.contains("tokens"),
      "\(answer)")
    // It still serves by what it has: no reason to restart it.
    #expect(try Bearerd.run("health", "--alive", "--listen", service.address.description).output == "ready\n")
    #expect(try service.status(secret) == 200)
    usleep(1_500_000)
    #expect(service.log.components(separatedBy: "have differed from those on disk for 5 seconds").count == 2)
    #expect(
      service.log.components(separatedBy: "keeping the previous tokens").count == 2, "\(service.log)")
    #expect(try metrics().contains("\nbearerd_tokens_outdated_total 1\n"))
    #expect(try metrics().contains("\nbearerd_last_reload_successful 0\n"))
    switch how {
    case "broken": try scratch.write(good, to: "d/tokens")
    case "unreadable": chmod(tokens, 0o640)
    default: #expect(rename("\(scratch.path)/gone", "\(scratch.path)/d") == 0)
    }
    #expect(try eventually(seconds: 5) { try health().code == 0 })
    #expect(try metrics().contains("\nbearerd_last_reload_successful 1\n"))
  }

  @Test("keep the last use of a key when the tokens are changed")
  func reloaded() throws {
    let service = try start()
    #expect(try service.status(secret) == 200)
    _ = try Bearerd.run("token", "new", "other", tokens: scratch.tokens)
    try service.waits(for: "tokens reloaded")
    let keys = try #require(try report(service)["keys"] as? [[String: Any]])
    #expect(keys.map { $0["application"] as? String } == ["app", "other"])
    #expect(keys.map { $0["lastUsedFrom"] as? String } == ["192.0.2.7", nil])
  }

  @Test("show it again and again with --watch, also across a restart")
  func watch() throws {
    var service = try start()
    let watching = try Bearerd.start([
      Bearerd.path, "status", "--watch", "--listen", service.address.description,
    ])
    defer {
      kill(watching.pid, SIGKILL)
      waitpid(watching.pid, nil, 0)
    }
    func screens() -> Int { watching.outputSoFar.components(separatedBy: "ready for").count - 1 }
    #expect(eventually(seconds: 20) { screens() >= 2 })
    #expect(try service.end().code == 0)
    #expect(eventually(seconds: 20) { watching.outputSoFar.contains("no daemon is running: connect unix:") })
    service = try start()
    let before = screens()
    #expect(eventually(seconds: 20) { screens() > before })
  }

  @Test("say what is wrong where no daemon answers, and health exits with 1 for a probe")
  func absent() throws {
    let missing = "unix:\(scratch.path)/missing"
    let status = try Bearerd.run("status", "--listen", missing)
    #expect(status.code == 69 && status.output.isEmpty)
    #expect(
      status.errors
        == "bearerd: no daemon is running: connect \(missing): No such file or directory; start it, or give its address with --listen\n"
    )
    let health = try Bearerd.run("health", "--listen", missing)
    #expect(health.code == 1 && health.errors.contains("no daemon is running"))
    #expect(try Bearerd.run("health", "--listen", "fd:0").code == 64)
    #expect(try Bearerd.run("health", "--listen", "9000").code == 64)
  }

  @Test("of a daemon that is stopped do not wait for ever")
  func stopped() throws {
    let service = try start()
    kill(service.running.pid, SIGSTOP)
    defer { kill(service.running.pid, SIGCONT) }
    let health = try Bearerd.run("health", "--listen", service.address.description)
    #expect(health.code == 1 && health.errors.contains("does not answer: it is stuck or suspended"))
  }
}
