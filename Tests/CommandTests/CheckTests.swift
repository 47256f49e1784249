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

  @Test("of a file writable by all users exits with 78")
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

  /// A line for each of these lives, in days before and after now; nil: no such option.
  private func lines(_ lives: [(created: Double?, expires: Double?)]) -> String {
    func instant(_ days: Double) -> String {
      ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: days * 86_400))
    }
    return lives.enumerated().map { index, life in
      let created = life.created.map { " created=\(instant($0))" } ?? ""
      let expires = life.expires.map { " expires=\(instant($0))" } ?? ""
      return "app\(index) \(hash(Character(String(index)))) id=k\(index)\(created)\(expires)\n"
    }.joined()
  }

  @Test("with --expiring lists what expires within the time, the next first, and exits with 3")
  func expiring() throws {
    let scratch = try Scratch()
    try scratch.write(lines([(nil, 20.1), (nil, 10.1), (nil, -1), (nil, 3.1), (nil, nil)]))
    let outcome = try Bearerd.run("check", "--expiring", "2w", tokens: scratch.tokens)
    #expect(outcome.code == 3 && outcome.errors.isEmpty, "\(outcome)")
    let listed = outcome.output.split(separator: "\n").map(String.init)
    try #require(listed.count == 2, "\(outcome.output)")
    #expect(listed[0].hasPrefix("\(scratch.tokens):4: app3 k3 expires on 20"))
    #expect(listed[0].hasSuffix("Z (in 3 days); `bearerd token rotate` replaces it"))
    #expect(listed[1].hasPrefix("\(scratch.tokens):2: app1 k1 expires on 20"))
  }

  @Test("with --max-life lists what never expires or is valid for longer, and exits with 3")
  func maximumLife() throws {
    let scratch = try Scratch()
    try scratch.write(lines([(-5, 25), (-5, 25.1), (nil, 29.9), (nil, 30.1), (nil, nil), (-90, -1)]))
    let outcome = try Bearerd.run("check", "--quiet", "--max-life", "30d", tokens: scratch.tokens)
    #expect(outcome.code == 3 && outcome.errors.isEmpty, "\(outcome)")
    let listed = outcome.output.split(separator: "\n").map(String.init)
    #expect(
      listed.map { $0.dropFirst(scratch.tokens.count).prefix(9) } == [":2: app1 ", ":4: app3 ", ":5: app4 "])
    #expect(listed.first?.hasSuffix("; --max-life is 30 days") == true)
    #expect(listed.last?.hasSuffix(":5: app4 k4 never expires; --max-life is 30 days") == true)
  }

  @Test("with --quiet prints nothing if there is nothing to report")
  func quiet() throws {
    let scratch = try Scratch()
    try scratch.write(lines([(-1, 20), (nil, 30), (nil, -5)]))
    let outcome = try Bearerd.run(
      "check", "--quiet", "--expiring", "14d", "--max-life", "90d", tokens: scratch.tokens)
    #expect(outcome.code == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
    try scratch.write("nonsense\n")
    let broken = try Bearerd.run("check", "--quiet", "--expiring", "14d", tokens: scratch.tokens)
    #expect(broken.code == 78 && broken.errors.contains(":1:9: error: no hash"), "\(broken)")
  }

  @Test("rejects a time that is not a duration", arguments: ["--expiring", "--max-life"])
  func duration(option: String) throws {
    let outcome = try Bearerd.run("check", option, "2027-01-01")
    #expect(outcome.code == 64 && outcome.errors.contains("write 14d, 12h, 30m, 45s or 2w"), "\(outcome)")
  }
}
