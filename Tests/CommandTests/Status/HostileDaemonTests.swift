import BearerAuth
import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("A client of a hostile daemon")
struct HostileDaemonTests {
  /// A report that is understood.
  static let report = """
    {"version": "1", "pid": 1, "ready": true, "problem": null, "now": "2026-01-01T00:00:00Z", \
    "started": "2026-01-01T00:00:00Z", "uptime": 1, "listen": ["x"], "loops": 1, "tokens": {"path": "/t", \
    "tokens": 1, "applications": 1, "read": "2026-01-01T00:00:00Z", "reloads": 1, "failedReloads": 1, \
    "failure": null, "files": []}, "checks": {"allowed": 1, "denied": 1, "failed": 1}, "denials": [{"reason": \
    "r", "minute": 1, "hour": 1, "total": 1}], "connections": {"reading": 1, "idle": 1, "accepted": 1, \
    "rejected": 1, "peerNotAllowed": 1, "timedOut": 1, "evicted": 1}, "applications": [{"application": "app", "tokens": 1, \
    "allowed": 1, "denied": 1}], "keys": [{"application": "app", "key": "k", "line": 1, "expires": \
    "2026-01-01T00:00:00Z", "lastUsed": "2026-01-01T00:00:00Z", "lastUsedFrom": "192.0.2.1"}], "keysOmitted": 1}
    """

  private func commands(_ address: ListenAddress, tokens: String) throws -> [Outcome] {
    let listen = ["--listen", address.description]
    return try [
      ["status"] + listen, ["status", "--json"] + listen, ["health"] + listen,
      ["doctor", address.description],
      ["token", "revoke", "app", "--tokens", tokens, "--yes"] + listen,
    ].map { try Bearerd.start([Bearerd.path] + $0).wait() }
  }

  @Test("reads the report that the other tests change")
  func understood() throws {
    let daemon = try HostileDaemon(answer: Array(HostileDaemonTests.report.utf8))
    let outcome = try Bearerd.run("status", "--listen", daemon.address.description)
    #expect(outcome.code == 0 && outcome.output.contains("1 token of 1 application"), "\(outcome.errors)")
  }

  @Test(
    "does not crash at any number or time",
    arguments: [
      "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e400", "-1e400", "1e18",
      "9007199254740992", "1.5", "null", "NaN", "\"1\"", "[]", "1e-400", "0x10", "-0",
    ])
  func numbers(number: String) throws {
    let scratch = try Scratch()
    try scratch.write("app \(hash("a")) id=k\n")
    let hostile = HostileDaemonTests.report.replacing(": 1,", with: ": \(number),")
      .replacing(": 1}", with: ": \(number)}")
    try #require(hostile != HostileDaemonTests.report)
    let daemon = try HostileDaemon(answer: Array(hostile.utf8))
    for outcome in try commands(daemon.address, tokens: scratch.tokens) {
      #expect(outcome.code < 128 && outcome.errors.count < 1000, "\(outcome)")
    }
  }

  @Test(
    "shows any time that can be written",
    arguments: ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "-1", "10000-01-01T00:00:00Z"])
  func times(time: String) throws {
    let text = HostileDaemonTests.report.replacing(
      "\"now\": \"2026-01-01T00:00:00Z", with: "\"now\": \"\(time)")
    let daemon = try HostileDaemon(answer: Array(text.utf8))
    let outcome = try Bearerd.run("status", "--listen", daemon.address.description)
    #expect(outcome.code == (Instant(parsing: time) == nil ? 1 : 0), "\(outcome)")
  }

  @Test(
    "does not crash at any shape, and prints no more than a screen can hold",
    arguments: [
      ("deep", String(repeating: "[", count: 100_000)),
      ("deep in a report", "{\"version\": " + String(repeating: "{\"a\": ", count: 100_000)),
      ("nothing", ""), ("no JSON", "<html>"), ("other JSON", "[1]"),
      (
        "a long name",
        report.replacing("\"key\": \"k\"", with: "\"key\": \"\(String(repeating: "k", count: 1 << 20))\"")
      ),
      (
        "many keys",
        report.replacing(
          "\"keys\": [",
          with: "\"keys\": [" + String(repeating: "{\"application\": \"a\", \"line\": 1}, ", count: 100_000))
      ),
      (
        "many files",
        report.replacing(
          "\"files\": [", with: "\"files\": [{\"path\": \"\(String(repeating: "p", count: 1 << 20))\"}")
      ),
    ])
  func shapes(name: String, answer: String) throws {
    let scratch = try Scratch()
    try scratch.write("app \(hash("a")) id=k\n")
    let daemon = try HostileDaemon(answer: Array(answer.utf8))
    for outcome in try commands(daemon.address, tokens: scratch.tokens) {
      #expect(outcome.code < 128, "\(name) \(outcome.code) \(outcome.errors.prefix(1000))")
      let isJSON = outcome.output.hasPrefix("{")
      #expect(isJSON || outcome.output.utf8.count < 500_000, "\(name) \(outcome.output.utf8.count)")
      #expect(outcome.errors.utf8.count < 10_000)
    }
  }

  @Test("gives up on an answer that comes slowly", .bodyTimeLimit(minutes: 1))
  func slow() throws {
    // The administrator who revokes a token must know that the daemon did not answer.
    try expectToGiveUp(on: .byteByByte, message: "does not answer: it is stuck", code: EX_TEMPFAIL)
  }

  /// It needs an idle machine: a client that waits for its turn hundreds of times finds the answer slow before it is large.
  @Test("gives up on an answer that does not end", .bodyTimeLimit(minutes: 1))
  func endless() throws {
    try expectToGiveUp(on: .withoutEnd, message: "more than 64 MiB", code: 0)
  }

  /// - Parameters:
  ///   - message: of `bearerd status`.
  ///   - code: of `bearerd token revoke`, which removes the token in any case.
  private func expectToGiveUp(on manner: HostileDaemon.Manner, message: String, code: Int32) throws {
    let scratch = try Scratch()
    try scratch.write("app \(hash("a")) id=k\n")
    let daemon = try HostileDaemon(answer: Array(HostileDaemonTests.report.utf8), manner: manner)
    let start = Date()
    let limited = ["sh", "-c", "ulimit -v 4000000; exec \"$@\"", "sh", Bearerd.path]
    let outcome = try Bearerd.start(limited + ["status", "--listen", daemon.address.description]).wait()
    #expect([69, 1].contains(outcome.code) && outcome.errors.contains(message), "\(outcome.errors)")
    let revoked = try Bearerd.run(
      "token", "revoke", "app", "--listen", daemon.address.description, tokens: scratch.tokens)
    #expect(revoked.code == code, "\(revoked.errors)")
    #expect(try scratch.lines().isEmpty)
    #expect(Date().timeIntervalSince(start) < 50)
  }
}
