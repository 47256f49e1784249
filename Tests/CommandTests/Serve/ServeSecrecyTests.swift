import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("bearerd serve keeps secrets: it")
struct ServeSecrecyTests {
  private let scratch: Scratch
  private let secret: String

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
  }

  @Test(
    "never tells a secret, at any log level and in either format",
    arguments: ["trace", "debug", "info", "notice", "warning", "error", "critical"],
    ["text", "json"])
  func secrets(level: String, format: String) throws {
    let service = try Service("--log-level", level, "--log-format", format, scratch: scratch)
    // Above notice it does not say that it is ready.
    #expect(eventually { (try? service.status(nil)) == 401 })
    let scoped = try Bearerd.run("token", "new", "scoped", "--scopes", "read", tokens: scratch.tokens).line
    #expect(try eventually { try service.status(scoped, scope: "read") == 200 })
    #expect(try service.status(scoped) == 403)
    #expect(try service.status(String(secret.dropLast())) == 401)
    #expect(try service.status(secret + "x") == 401)
    #expect(try service.status("\(secret),\(secret)") == 401)
    #expect(try service.status(nil) == 401)
    let commandLine = try String(contentsOfFile: "/proc/\(service.running.pid)/cmdline", encoding: .utf8)
    let environment = try String(contentsOfFile: "/proc/\(service.running.pid)/environ", encoding: .utf8)
    let outcome = try service.end()
    let told = outcome.output + outcome.errors + commandLine + environment
    for secret in [secret, scoped, "secret=query"] {
      #expect(!told.contains(secret))
      #expect(!told.contains(secret.dropFirst(4).prefix(20)))
    }
    if level == "info" {
      #expect(told.contains("insufficient-scope"))
      #expect(told.contains("192.0.2.7"))
    }
  }

  @Test("leaves no core file, and its own user cannot look into it", arguments: [false, true])
  func dumpable(allowed: Bool) throws {
    let service = try Service(
      allowed ? "--allow-core-dumps" : "--allow-preflight", scratch: scratch, launcher: plainUser)
    try service.waits(for: "ready on")
    let limits = try String(contentsOfFile: "/proc/\(service.running.pid)/limits", encoding: .utf8)
    let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
    if !allowed { #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2) }
    let look = ["head", "-c", "1", "/proc/\(service.running.pid)/environ"]
    #expect(try (Bearerd.start(plainUser + look).wait().code == 0) == allowed)
  }

  @Test(
    "reports nothing of its memory when it crashes", arguments: [SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS])
  func crash(signal: Int32) throws {
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    let outcome = try service.end(signal)
    #expect(outcome.code == 128 + signal)
    // Nothing follows the line that says that it is ready.
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.last?.contains("ready on") == true, "\(outcome.errors)")
  }

  @Test(
    "has no secret left in its memory once it is answered, whole or in parts",
    arguments: [1, 2, 7, 100, 100_000])
  func memory(part: Int) throws {
    let service = try Service("--allow-core-dumps", scratch: scratch)
    try service.waits(for: "ready on")
    let unknown = "brd_" + String(repeating: "Zq7", count: 16) + "0"
    for secret in [secret, unknown, "\(secret)x", "\(secret), \(secret)"] {
      let message = RequestMessage(parameters: [
        ("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8)), ("HTTP_COOKIE", Array("a=\(secret)".utf8)),
      ])
      let client = try Client(connectingTo: service.address)
      var rest = message.bytes[...]
      while !rest.isEmpty {
        try client.send(Array(rest.prefix(part)))
        rest = rest.dropFirst(part)
      }
      _ = try client.readResponse()
    }
    let facts = ProcessFacts(pid: service.running.pid)
    for secret in [secret, unknown] {
      // The answer leaves first, then everything is wiped.
      let isGone = try eventually { try facts.traces(of: String(secret.dropFirst(4).prefix(24))) == [] }
      #expect(isGone)
    }
  }

  @Test("would be found out by the test before: what it must remember is in its memory")
  func memoryControl() throws {
    let service = try Service("--allow-core-dumps", "--realm", "a-realm-to-be-found", scratch: scratch)
    try service.waits(for: "ready on")
    let traces = try ProcessFacts(pid: service.running.pid).traces(of: "a-realm-to-be-found")
    #expect(!traces.isEmpty)
  }
}
