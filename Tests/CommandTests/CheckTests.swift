import Foundation
import TestSupport
import Testing

@Suite("bearerd check")
struct CheckTests {
  @Test("sums up what can be loaded")
  func good() throws {
    let scratch = try Scratch()
    try scratch.write(
      "openai \(hash("1")) id=k7f3q2 expires=2999-01-01\nci \(hash("2"))\nci \(hash("3")) expires=2020-01-01\n"
    )
    let outcome = try Bearerd.run("check", tokens: scratch.tokens)
    #expect(outcome.code == 0)
    #expect(outcome.line == "ok: 2 applications, 3 tokens, 1 expired, next expiry 2999-01-01 (openai k7f3q2)")
    #expect(outcome.errors.isEmpty)
  }

  @Test("tells every error with its place and the fix, and exits with 78")
  func bad() throws {
    let scratch = try Scratch()
    try scratch.write("a \(hash("1")) scope=read\n\nb hunter2\nc \(hash("1"))\n", mode: 0o644)
    let outcome = try Bearerd.run("check", tokens: scratch.tokens)
    #expect(outcome.code == 78 && outcome.output.isEmpty)
    let lines = outcome.errors.split(separator: "\n")
    try #require(lines.count == 3, "\(outcome.errors)")
    #expect(lines[0] == "\(scratch.tokens): warning: readable by all users; chmod o-rwx \(scratch.tokens)")
    #expect(lines[1] == "\(scratch.tokens):1:75: error: unknown option \"scope\" (did you mean \"scopes\"?)")
    #expect(lines[2].hasPrefix("\(scratch.tokens):3:3: error: not a hash; if this is a secret"))
    #expect(!outcome.errors.contains("hunter2"))
  }

  @Test("of a file that cannot be read exits with 74 and says what to do")
  func missing() throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.run("check", tokens: scratch.tokens)
    #expect(outcome.code == 74)
    #expect(
      outcome.errors == """
        bearerd: cannot access \(scratch.tokens): No such file or directory; \
        create it with `bearerd token new APP --tokens \(scratch.tokens)`

        """)
  }

  @Test("of a file that everybody may write to exits with 78")
  func writable() throws {
    let scratch = try Scratch()
    try scratch.write("", mode: 0o666)
    let outcome = try Bearerd.run("check", tokens: scratch.tokens)
    #expect(outcome.code == 78 && outcome.errors.contains("writable by all users; chmod o-rwx"))
  }

  @Test("of a file without tokens warns that every request will be denied")
  func empty() throws {
    let scratch = try Scratch()
    try scratch.write("# nothing\n")
    let outcome = try Bearerd.run("check", tokens: scratch.tokens)
    #expect(outcome.code == 0 && outcome.line == "ok: 0 applications, 0 tokens")
    #expect(outcome.errors.contains("every request will be denied"))
  }

  @Test("of a full disk under its answer exits with 74")
  func fullOutput() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1"))\n")
    let command = #""$0" check --tokens "$1" > /dev/full"#
    let outcome = try Bearerd.start(["sh", "-c", command, Bearerd.path, scratch.tokens]).wait()
    #expect(
      outcome.code == 74
        && outcome.errors.contains("cannot write output: No space left on device"))
  }
}
