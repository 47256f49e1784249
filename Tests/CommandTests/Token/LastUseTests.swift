import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("The last use of a token that is taken back")
struct LastUseTests {
  private let scratch: Scratch
  private let secret: String
  private let service: Service

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
  }

  private func token(_ arguments: String...) throws -> Outcome {
    try Bearerd.start(
      [Bearerd.path, "token"] + arguments + [
        "--tokens", scratch.tokens, "--listen", service.address.description,
      ]
    ).wait()
  }

  /// The same on a terminal, where `answer` is typed.
  private func onTerminal(_ answer: String, _ arguments: String...) throws -> Outcome {
    let script = """
      import os, pty, sys
      pid, terminal = pty.fork()
      if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
      text = b""
      while True:
          try: part = os.read(terminal, 4096)
          except OSError: break
          if not part: break
          text += part
          if part.endswith(b"[y/N] "): os.write(terminal, sys.argv[1].encode() + b"\\n")
      sys.stdout.write(text.decode())
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
      """
    return try Bearerd.start(
      ["python3", "-c", script, answer, Bearerd.path, "token"] + arguments
        + ["--tokens", scratch.tokens, "--listen", service.address.description]
    ).wait()
  }

  @Test("is said by revoke, which goes on where nobody can be asked")
  func revoke() throws {
    #expect(try service.status(secret) == 200)
    let outcome = try token("revoke", "app")
    #expect(outcome.code == 0)
    #expect(
      outcome.errors.firstMatch(
        of: /^app \w{6} was last used \d+ seconds? ago from 192\.0\.2\.7\.\napp: revoked \w{6}\.\n/) != nil,
      "\(outcome.errors)")
    #expect(try scratch.lines().isEmpty)
  }

  @Test("of one that was not used is that it was not")
  func unused() throws {
    let outcome = try token("revoke", "app")
    #expect(
      outcome.code == 0
        && outcome.errors.firstMatch(
          of: /app \w{6} was not used since the daemon started \d+ seconds? ago\./) != nil,
      "\(outcome.errors)")
  }

  @Test(
    "is a reason to ask on a terminal: only yes takes it back",
    arguments: [("y", true), ("YES", true), ("n", false), ("", false), ("maybe", false)])
  func asks(answer: String, isRevoked: Bool) throws {
    #expect(try service.status(secret) == 200)
    let outcome = try onTerminal(answer, "revoke", "app")
    #expect(outcome.output.contains("Revoke anyway? [y/N] "), "\(outcome.output)")
    #expect(outcome.code == (isRevoked ? 0 : 1))
    #expect(outcome.output.contains("cancelled; nothing was changed") != isRevoked)
    #expect(try scratch.lines().isEmpty == isRevoked)
  }

  @Test("is no reason to ask with --yes, nor where it was not used")
  func doesNotAsk() throws {
    #expect(try onTerminal("n", "revoke", "app").code == 0)
    let next = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    #expect(try eventually(seconds: 10) { try service.status(next) == 200 })
    let outcome = try onTerminal("n", "revoke", "app", "--yes")
    #expect(
      outcome.code == 0 && outcome.output.contains("was last used") && !outcome.output.contains("[y/N]"))
  }

  @Test("is said by rotate, which asks only where the old one ends at once")
  func rotate() throws {
    #expect(try service.status(secret) == 200)
    let kept = try token("rotate", "app")
    #expect(kept.code == 0 && kept.errors.contains("It was last used "), "\(kept.errors)")
    let key = try #require(
      try scratch.lines().last?.split(separator: " ").first { $0.hasPrefix("id=") }?.dropFirst(3))
    #expect(try eventually(seconds: 10) { try service.status(kept.line) == 200 })
    let ended = try onTerminal("n", "rotate", "app", "--key", String(key), "--keep", "0")
    #expect(ended.code == 1 && ended.output.contains("Expire it anyway? [y/N] "), "\(ended.output)")
    #expect(try scratch.lines().count == 2)
  }

  @Test("is not taken from a daemon that reads other tokens, nor missed where none is asked for")
  func others() throws {
    try scratch.write("app \(hash("1")) id=k1\n", to: "other")
    let outcome = try Bearerd.run(
      "token", "revoke", "app", "--listen", service.address.description, tokens: "\(scratch.path)/other")
    #expect(outcome.code == 0)
    #expect(
      outcome.errors.contains(
        "It is not known when it was last used: the daemon reads \(scratch.tokens), not \(scratch.path)/other."
      ),
      "\(outcome.errors)")
    let absent = try Bearerd.run(
      "token", "revoke", "app", "--listen", "unix:\(scratch.path)/none", tokens: scratch.tokens)
    #expect(
      absent.code == 0
        && absent.errors.contains("It is not known when it was last used: no daemon is running"),
      "\(absent.errors)")
  }

  @Test("of a token without id= is found by its line")
  func withoutKey() throws {
    let line = try #require(try scratch.lines().first)
    try scratch.write(line.split(separator: " ").prefix(2).joined(separator: " ") + "\n")
    try service.waits(for: "tokens reloaded")
    #expect(try service.status(secret) == 200)
    let outcome = try token("revoke", "app")
    #expect(outcome.errors.contains("app was last used "), "\(outcome.errors)")
  }
}
