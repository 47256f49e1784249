import Foundation
import TestSupport
import Testing

/// The programs run in a mount namespace of their own, in which /dev/log is a socket of the test.
@Suite("The system's log", .enabled(if: geteuid() == 0, "needs root for a mount"))
struct AuditTests {
  private let scratch: Scratch
  private let log: NotifySocket

  init() throws {
    scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/dev", withIntermediateDirectories: true)
    log = try NotifySocket("\(scratch.path)/dev/log")
  }

  private func token(_ arguments: String..., stdin: String = "") throws -> Outcome {
    let script = """
      cd "$1/dev" && for file in null zero full; do touch $file && mount --bind /dev/$file $file; done
      mount --rbind "$1/dev" /dev && shift && cd / && SUDO_USER='alice
      root' exec "$@"
      """
    let command = [Bearerd.path, "token"] + arguments + ["--tokens", scratch.tokens]
    return try Bearerd.start(
      ["unshare", "--mount", "sh", "-c", script, "sh", scratch.path] + command, stdin: stdin
    ).wait()
  }

  @Test("has an entry for each command that changes tokens, with its keys and its user, and for no other")
  func commands() throws {
    let made = try token("new", "ci")
    #expect(made.code == 0, "\(made.errors)")
    let secret = made.line
    let other = "Zk3mQ9xV7bL2pR8tW4nY6cJ1hD5fG0sA"
    #expect(try token("add", "other", stdin: other).code == 0)
    #expect(try token("disable", "other").code == 0)
    #expect(try token("enable", "other").code == 0)
    #expect(try token("rotate", "ci", "--expires", "30d").code == 0)
    #expect(try token("revoke", "ci", "--all").code == 0)
    #expect(try token("list").code == 0)
    #expect(try token("explain", stdin: secret).code == 1)
    #expect(try token("revoke", "nothing").code == 1)
    let entries = log.take()
    let expected = [
      #/command="token new" added="ci \w{6}"/#, #/command="token add" added="other \w{6}"/#,
      #/command="token disable" disabled="other \w{6}"/#, #/command="token enable" enabled="other \w{6}"/#,
      #/command="token rotate" added="ci \w{6}" changed="ci \w{6}"/#,
      #/command="token revoke" removed="ci \w{6}, ci \w{6}"/#,
    ]
    try #require(entries.count == expected.count, "\(entries)")
    for (entry, text) in zip(entries, expected) {
      #expect(entry.firstMatch(of: text) != nil, "\(entry)")
      let end = #" tokens=\#(scratch.tokens) uid=0 user=root claimed-sudo-user="alice\\u{a}root""#
      #expect(entry.hasSuffix(end), "\(entry)")
      #expect(!entry.contains("\n") && !entry.contains(secret) && !entry.contains(other))
      #expect(!entry.contains("sha256"))
    }
  }

  @Test("is not needed for a change")
  func absent() throws {
    try FileManager.default.removeItem(atPath: "\(scratch.path)/dev/log")
    #expect(try token("new", "ci").code == 0)
    #expect(try Bearerd.run("token", "list", tokens: scratch.tokens).output.contains("\nci "))
  }
}
