import Foundation
import TestSupport
import Testing

@testable import BearerAuth

@Suite("bearerd token rotate and revoke")
struct ReplacingTests {
  @Test("rotate makes a token with the old one's rights, and ends the old one later")
  func rotate() throws {
    let scratch = try Scratch()
    try scratch.write("# x\nci \(hash("1")) id=old scopes=read from=10.0.0.0/8   # ours\nzz \(hash("2"))\n")
    let outcome = try Bearerd.run("token", "rotate", "ci", "--keep", "2h", tokens: scratch.tokens)
    #expect(outcome.code == 0 && outcome.output.wholeMatch(of: /brd_[0-9A-Za-z]{49}\n/) != nil)
    #expect(
      outcome.errors.contains("The old token, old, expires on ") && outcome.errors.contains("(in 2 hours)"))
    let lines = try scratch.lines()
    try #require(lines.count == 3)
    #expect(
      lines[0].wholeMatch(of: /ci sha256:1{64} id=old scopes=read from=10.0.0.0\/8 expires=\S+Z   # ours/)
        != nil)
    #expect(lines[1] == "zz \(hash("2"))")
    #expect(lines[2].hasSuffix("scopes=read from=10.0.0.0/8") && !lines[2].contains("expires="))
    #expect(
      try Bearerd.run(
        "token", "explain", "--scope", "read", "--from", "10.1.1.1", tokens: scratch.tokens,
        stdin: outcome.line
      ).code == 0)
  }

  /// What a rotation does with an option of the old line. No default: each new option must be decided here.
  private func afterRotation(_ option: TokenOption) -> (old: String, survives: Bool)? {
    switch option {
    case .id: ("old", false)
    case .created: ("2020-01-01", false)
    case .notBefore: ("2998-01-01T00:00:00Z", true)
    case .expires: ("2999-01-01T00:00:00Z", false)
    case .scopes: ("read,write", true)
    case .from: ("127.0.0.0/8,::1", true)
    case .note: (#""Zo\#u{eb} of \"accounts\", # 7""#, true)
    // A disabled token is not rotated: see its own test.
    case .disabled: nil
    }
  }

  @Test("every restriction survives a rotation")
  func restrictions() throws {
    let scratch = try Scratch()
    let kept = TokenOption.allCases.compactMap { option in afterRotation(option).map { (option, $0) } }
    let options = kept.map { "\($0.rawValue)=\($1.old)" }
    try scratch.write("ci \(hash("1")) \(options.joined(separator: " "))\n")
    let outcome = try Bearerd.run("token", "rotate", "ci", tokens: scratch.tokens)
    #expect(outcome.code == 0, "\(outcome.errors)")
    // The note has spaces.
    let line = try #require(scratch.lines().last)
    let note = try #require(line.firstMatch(of: /\ note=.*$/)).0
    let fields =
      line.replacing(note, with: "").split(separator: " ").map(String.init) + [String(note.dropFirst())]
    for (option, (old, survives)) in kept {
      let field = try #require(
        fields.first { $0.hasPrefix("\(option.rawValue)=") }, "\(option) is missing: \(fields)")
      #expect((field == "\(option.rawValue)=\(old)") == survives, "\(field)")
    }
    #expect(fields.count == 2 + kept.count)
    let answer = try Bearerd.run(
      "token", "explain", "--scope", "read", "--from", "127.0.0.1", tokens: scratch.tokens,
      stdin: outcome.line)
    #expect(answer.code == 1 && answer.output.contains("not-yet-valid"), "\(answer)")
  }

  @Test("rotate refuses an end before the token begins to be valid")
  func endBeforeBegin() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) not-before=2998-01-01\n")
    let before = try scratch.read()
    let outcome = try Bearerd.run("token", "rotate", "ci", "--expires", "10d", tokens: scratch.tokens)
    #expect(
      outcome.code == 64 && outcome.errors.contains("not after the token's not-before="), "\(outcome.errors)")
    #expect(try scratch.read() == before)
  }

  @Test("rotate does not replace a disabled token, whose replacement would be valid")
  func rotateDisabled() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) id=k1 disabled\n")
    let outcome = try Bearerd.run("token", "rotate", "ci", "--key", "k1", tokens: scratch.tokens)
    #expect(outcome.code == 1 && outcome.errors.contains("ci has no valid token"), "\(outcome)")
    #expect(try scratch.lines().count == 1)
  }

  @Test("disable keeps the line and adds an option, and enable removes it, without a trace")
  func disable() throws {
    let scratch = try Scratch()
    let text =
      "# x\nci \(hash("1")) id=a1 note=\"an # disabled one\"\t # ours\nzz \(hash("2"))\nci \(hash("3"))"
    try scratch.write(text)
    let disabled = try Bearerd.run("token", "disable", "ci", "--key", "a1", tokens: scratch.tokens)
    #expect(disabled.code == 0 && disabled.errors.contains("ci: disabled a1."), "\(disabled)")
    let changed = text.replacing("one\"\t", with: "one\" disabled\t")
    #expect(try scratch.read() == changed)
    #expect(try Bearerd.run("token", "disable", "ci", "--key", "a1", tokens: scratch.tokens).code == 0)
    #expect(try scratch.read() == changed)
    #expect(try Bearerd.run("token", "disable", "ci", "--all", tokens: scratch.tokens).code == 0)
    #expect(try scratch.read() == changed + " disabled")
    let enabled = try Bearerd.run("token", "enable", "ci", "--all", tokens: scratch.tokens)
    #expect(enabled.code == 0 && enabled.errors.contains("ci: enabled a1, one without id="), "\(enabled)")
    #expect(try scratch.read() == text)
  }

  @Test("disable and enable of several tokens ask which", arguments: ["disable", "enable"])
  func which(command: String) throws {
    let scratch = try Scratch()
    let text = "ci \(hash("1")) id=a1\nci \(hash("2")) id=b2 disabled\n"
    try scratch.write(text)
    let outcome = try Bearerd.run("token", command, "ci", tokens: scratch.tokens)
    #expect(outcome.code == 64 && outcome.errors.contains("--key, or --all: a1, b2"), "\(outcome)")
    #expect(try scratch.read() == text)
  }

  @Test(
    "a disabled token is denied like an invalid one, and the log, list, check, status and explain say why")
  func disabledToken() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    let key = try key(scratch)
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    let listen = service.address.description
    #expect(try service.status(secret) == 200)
    let disabled = try Bearerd.run("token", "disable", "ci", "--listen", listen, tokens: scratch.tokens)
    #expect(
      disabled.code == 0 && disabled.errors.contains("ci \(key) was last used "), "\(disabled)")
    #expect(try service.status(secret) == 401)
    try service.waits(for: "reason=disabled")
    #expect(service.log.contains("application=ci"))
    let status = try Bearerd.run("status", "--listen", listen).output
    #expect(status.firstMatch(of: /\nci .* 192\.0\.2\.7 +disabled\n/) != nil, "\(status)")
    #expect(status.firstMatch(of: /\ndisabled +1 +1 +1\n/) != nil, "\(status)")
    #expect(try Bearerd.run("token", "list", tokens: scratch.tokens).output.hasSuffix("anywhere  disabled\n"))
    #expect(
      try Bearerd.run("check", "--max-life", "1d", tokens: scratch.tokens).line
        == "ok: 1 application, 1 token, 1 disabled")
    let explained = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: secret)
    #expect(explained.code == 1 && explained.output.hasPrefix("deny: disabled ci "), "\(explained)")
    let enabled = try Bearerd.run("token", "enable", "ci", "--listen", listen, tokens: scratch.tokens)
    #expect(enabled.code == 0, "\(enabled)")
    #expect(try service.status(secret) == 200)
  }

  private func key(_ scratch: Scratch) throws -> String {
    let line = try #require(scratch.lines().last)
    return try String(#require(line.firstMatch(of: /id=(\w+)/)).1)
  }

  @Test("rotate gives the new token as long to live as the old one had, or as long as it is told")
  func lifetime() throws {
    for (arguments, expected) in [([], "in 30 days"), (["--expires", "10d"], "in 10 days")] {
      let scratch = try Scratch()
      try scratch.write("ci \(hash("1")) created=2999-01-01 expires=2999-01-31\n")
      let command = [Bearerd.path, "token", "rotate", "ci", "--tokens", scratch.tokens] + arguments
      let outcome = try Bearerd.start(command).wait()
      #expect(outcome.code == 0 && outcome.errors.contains("(\(expected))"), "\(outcome.errors)")
    }
  }

  @Test("rotate asks when the new token ends where the old line does not tell")
  func unknownLifetime() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) expires=2999-01-31\n")
    let outcome = try Bearerd.run("token", "rotate", "ci", tokens: scratch.tokens)
    #expect(outcome.code == 64 && outcome.errors.contains("use --expires 90d"))
    #expect(try scratch.lines().count == 1)
  }

  @Test("rotate never lets an old token live longer than it would have")
  func neverExtends() throws {
    let scratch = try Scratch()
    let soon = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 600))
    try scratch.write("ci \(hash("1")) expires=\(soon)\n")
    let outcome = try Bearerd.run(
      "token", "rotate", "ci", "--keep", "7d", "--expires", "90d", tokens: scratch.tokens)
    #expect(outcome.code == 0)
    #expect(try scratch.lines()[0] == "ci \(hash("1")) expires=\(soon)")
  }

  @Test("rotate with --keep 0 ends the old token at once")
  func keepNothing() throws {
    let scratch = try Scratch()
    let old = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    let new = try Bearerd.run("token", "rotate", "ci", "--keep", "0", tokens: scratch.tokens).line
    let denied = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: old)
    #expect(denied.code == 1 && denied.output.hasPrefix("deny: expired ci "))
    #expect(try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: new).code == 0)
  }

  @Test("rotate and revoke of several tokens ask which", arguments: ["rotate", "revoke"])
  func several(command: String) throws {
    let scratch = try Scratch()
    let text = "ci \(hash("1")) id=a1\nci \(hash("2"))\nci \(hash("3")) id=c3\n"
    try scratch.write(text)
    let outcome = try Bearerd.run("token", command, "ci", tokens: scratch.tokens)
    #expect(outcome.code == 64)
    #expect(
      outcome.errors.contains("--key")
        && outcome.errors.contains(": a1, one without id= (\(scratch.tokens):2), c3"), "\(outcome.errors)")
    #expect(try scratch.read() == text)
    #expect(try Bearerd.run("token", command, "ci", "--key", "c3", tokens: scratch.tokens).code == 0)
    #expect(try scratch.lines().prefix(2) == ["ci \(hash("1")) id=a1", "ci \(hash("2"))"])
  }

  @Test("rotate of an application without a live token says what to do")
  func expired() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) expires=2020-01-01\n")
    let outcome = try Bearerd.run("token", "rotate", "ci", tokens: scratch.tokens)
    #expect(
      outcome.code == 1 && outcome.errors.contains("has no valid token; use `bearerd token new`")
    )
  }

  @Test("revoke removes the one token, and says that every request will now be denied")
  func revoke() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    let outcome = try Bearerd.run("token", "revoke", "ci", tokens: scratch.tokens)
    #expect(outcome.code == 0 && outcome.output.isEmpty)
    #expect(
      outcome.errors.contains("ci: revoked ") && outcome.errors.contains("every request will now be denied"))
    let denied = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: secret)
    #expect(denied.code == 1 && denied.output.hasPrefix("deny: unknown-token\n"))
  }

  @Test("revoke --all takes all tokens of the application and none of another")
  func revokeAll() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) id=a1\n# x\nzz \(hash("2"))\nci \(hash("3"))\n")
    #expect(try Bearerd.run("token", "revoke", "ci", "--all", tokens: scratch.tokens).code == 0)
    #expect(try scratch.read() == "# x\nzz \(hash("2"))\n")
  }

  @Test(
    "rotate and revoke of what is not there tell what is",
    arguments: [
      (["opnai"], "there is no application opnai; did you mean openai?"),
      (["x"], "there is no application x; there are ci, openai"),
      (["ci", "--key", "zz"], "ci has no key zz; it has k1"),
    ])
  func unknown(arguments: [String], message: String) throws {
    let scratch = try Scratch()
    try scratch.write("openai \(hash("1"))\nci \(hash("2")) id=k1\n")
    for command in ["rotate", "revoke"] {
      let outcome = try Bearerd.start(
        [Bearerd.path, "token", command] + arguments + ["--tokens", scratch.tokens]
      ).wait()
      #expect(outcome.code == 1 && outcome.errors == "bearerd: \(message)\n", "\(outcome.errors)")
    }
    #expect(try scratch.lines().count == 2)
  }

  @Test("revoke where there are no tokens at all says so", arguments: [true, false])
  func nothing(exists: Bool) throws {
    let scratch = try Scratch()
    if exists { try scratch.write("") }
    let outcome = try Bearerd.run("token", "revoke", "ci", tokens: scratch.tokens)
    #expect(
      outcome.code == 1 && outcome.errors == "bearerd: there is no application ci; the token file is empty\n")
    #expect(try scratch.names() == (exists ? ["tokens"] : []))
  }

  @Test("no edit touches a file that has an error", arguments: ["new", "rotate", "revoke"])
  func broken(command: String) throws {
    let scratch = try Scratch()
    let text = "ci \(hash("1"))\nnonsense\n"
    try scratch.write(text)
    let outcome = try Bearerd.run("token", command, "ci", tokens: scratch.tokens)
    #expect(outcome.code == 78 && outcome.errors.hasPrefix("\(scratch.tokens):2:9: error: no hash"))
    #expect(outcome.output.isEmpty)
    #expect(try scratch.read() == text)
  }
}
