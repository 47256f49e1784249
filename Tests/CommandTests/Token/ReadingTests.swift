import Foundation
import TestSupport
import Testing

private let text = """
  openai \(hash("1")) id=k7f3q2 created=2026-11-24 expires=2999-11-24
  ci \(hash("2")) scopes=read,write from=192.0.2.0/24
  old \(hash("3")) id=k1 expires=2020-01-01T12:00:00Z
  later \(hash("4")) id=k1 not-before=2999-01-01

  """

@Suite("bearerd token list and explain")
struct ReadingTests {
  @Test("list shows a table, and never a hash")
  func table() throws {
    let scratch = try Scratch()
    try scratch.write(text)
    let outcome = try Bearerd.run("token", "list", tokens: scratch.tokens)
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let rows = outcome.output.split(separator: "\n").map { $0.replacing(/\ {2,}/, with: "|") }
    try #require(rows.count == 5)
    #expect(rows[0] == "APPLICATION|KEY|CREATED|EXPIRES IN|SCOPES|FROM|STATE")
    #expect(
      rows[1].wholeMatch(of: /openai\|k7f3q2\|2026-11-24\|\d+ days\|all\|anywhere\|active/) != nil,
      "\(rows[1])")
    #expect(rows[2] == "ci|-|-|never|read,write|192.0.2.0/24|active")
    #expect(rows[3] == "old|k1|-|-|all|anywhere|expired")
    #expect(rows[4] == "later|k1|-|never|all|anywhere|not yet valid")
    #expect(!outcome.output.contains("1111"))
  }

  @Test("list --json keeps its field names")
  func json() throws {
    let scratch = try Scratch()
    try scratch.write(text)
    let outcome = try Bearerd.run("token", "list", "--json", tokens: scratch.tokens)
    let objects = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    try #require(objects.count == 4)
    #expect(
      Set(objects[0].keys)
        == [
          "application", "key", "created", "notBefore", "expires", "scopes", "from", "note", "state", "file",
          "line",
        ])
    #expect(objects[0]["expires"] as? String == "2999-11-24T00:00:00Z" && objects[0]["scopes"] is NSNull)
    #expect(
      objects[1]["scopes"] as? [String] == ["read", "write"]
        && objects[1]["from"] as? [String] == ["192.0.2.0/24"])
    #expect(objects[1]["key"] is NSNull && objects[1]["expires"] is NSNull && objects[1]["line"] as? Int == 2)
    #expect(objects.map { $0["state"] as? String } == ["active", "active", "expired", "not yet valid"])
    #expect(objects[3]["notBefore"] as? String == "2999-01-01T00:00:00Z")
    #expect(objects[0]["file"] as? String == scratch.tokens)
  }

  @Test("list shows notes, in a column of their own and as JSON")
  func notes() throws {
    let scratch = try Scratch()
    try scratch.write(text)
    let made = try Bearerd.run(
      "token", "new", "zz", "--note", #"Zo\#u{eb} of "accounts" # 7"#, tokens: scratch.tokens)
    #expect(made.code == 0, "\(made.errors)")
    #expect(try scratch.read().contains(#" note="Zo\#u{eb} of \"accounts\" # 7""#))
    let rows = try Bearerd.run("token", "list", tokens: scratch.tokens).output.split(separator: "\n")
    #expect(rows.first?.hasSuffix("STATE          NOTE") == true, "\(rows)")
    #expect(rows.last?.hasSuffix(#"active         Zo\#u{eb} of "accounts" # 7"#) == true, "\(rows)")
    #expect(rows[1].hasSuffix("active         -"))
    let json = try Bearerd.run("token", "list", "--json", tokens: scratch.tokens).output
    let objects = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    #expect(
      objects.last?["note"] as? String == #"Zo\#u{eb} of "accounts" # 7"# && objects[0]["note"] is NSNull)
  }

  @Test("a note with a token, of several lines or too long is rejected, and not repeated")
  func badNotes() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    for note in ["", "of \(secret).", "two\nlines", "\u{202e}txet", String(repeating: "long", count: 65)] {
      let outcome = try Bearerd.run("token", "new", "ci", "--note", note, tokens: scratch.tokens)
      #expect(outcome.code == 64 && outcome.errors.contains("--note must be 1 to 256 bytes"), "\(outcome)")
      #expect(!outcome.errors.contains(secret) && !outcome.errors.contains("longlong"))
    }
    #expect(try scratch.read().contains("note=") == false)
  }

  @Test("list --sort expires begins with the next expiry and ends with tokens that never expire")
  func sorted() throws {
    let scratch = try Scratch()
    try scratch.write(text)
    let outcome = try Bearerd.run("token", "list", "--sort", "expires", tokens: scratch.tokens)
    let names = outcome.output.split(separator: "\n").dropFirst().map { $0.prefix { $0 != " " } }
    #expect(outcome.code == 0 && names == ["old", "openai", "ci", "later"], "\(outcome)")
    let json = try Bearerd.run("token", "list", "--sort", "expires", "--json", tokens: scratch.tokens)
    #expect(json.output.matches(of: /"line": (\d)/).map { String($0.1) } == ["3", "1", "2", "4"])
  }

  @Test("list --json of no tokens is an empty array, whatever the path is called")
  func emptyJSON() throws {
    let scratch = try Scratch()
    try scratch.write("", to: "a \"b\"\\\t")
    let empty = try Bearerd.run("token", "list", "--json", tokens: "\(scratch.path)/a \"b\"\\\t")
    #expect(empty.code == 0 && empty.output == "[]\n")
    try scratch.write("ci \(hash("1"))\n", to: "a \"b\"\\\t")
    let one = try Bearerd.run("token", "list", "--json", tokens: "\(scratch.path)/a \"b\"\\\t")
    let objects = try JSONSerialization.jsonObject(with: Data(one.output.utf8)) as? [[String: Any]]
    #expect(objects?.first?["file"] as? String == "\(scratch.path)/a \"b\"\\\t")
  }

  @Test(
    "explain tells the line that decides and why, for a token or a whole header",
    arguments: [
      (
        [], "", 0,
        "allow: ci k1 (TOKENS:5)\n  has the scopes read, write; may be used from 192.0.2.0/24; never expires\n"
      ),
      (
        ["--scope", "admin"], "", 1,
        "deny: insufficient-scope ci k1 (TOKENS:5)\n  it has the scopes read, write; the location requires admin\n"
      ),
      (
        ["--scope", ""], "", 1,
        "  it has the scopes read, write; the location requires none (give one with --scope)\n"
      ),
      (
        ["--from", "192.0.3.1"], "", 1,
        "deny: wrong-address ci k1 (TOKENS:5)\n  it may be used from 192.0.2.0/24, not from 192.0.3.1\n"
      ),
      (["--from", ""], "", 1, "not from an unknown address; give one with --from\n"),
      ([], "Bearer ", 0, "allow: ci k1"), ([], "bearer  ", 0, "allow: ci k1"),
      ([], "Basic ", 1, "deny: other-scheme\n  the scheme is not Bearer\n"),
      ([], "Bearer x,", 1, "deny: malformed\n  not a single token of letters"),
      ([], "x", 1, "deny: unknown-token\n  no line of TOKENS has this token's hash\n"),
    ] as [([String], String, Int32, String)])
  func explain(arguments: [String], prefix: String, code: Int32, expected: String) throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run(
      "token", "new", "ci", "--scopes", "read,write", "--from", "192.0.2.0/24", tokens: scratch.tokens
    ).line
    try scratch.write(scratch.read().replacing(/id=\w+/, with: "id=k1"))
    var options = ["--scope": "read", "--from": "192.0.2.7"]
    if arguments.count == 2 { options[arguments[0]] = arguments[1] }
    let given = options.filter { !$0.value.isEmpty }.flatMap { [$0.key, $0.value] }
    let command = [Bearerd.path, "token", "explain", "--tokens", scratch.tokens] + given
    let outcome = try Bearerd.start(command, stdin: prefix + secret + "\n").wait()
    #expect(outcome.code == code)
    #expect(outcome.output.contains(expected.replacing("TOKENS", with: scratch.tokens)), "\(outcome.output)")
    #expect(!outcome.output.contains(secret) && outcome.errors.isEmpty)
  }

  @Test("explain tells a typing error from a wrong token, and dates from each other")
  func others() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    let line = try #require(scratch.lines().first)
    let slip = String(secret.dropLast()) + (secret.hasSuffix("0") ? "1" : "0")
    let mistyped = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: slip)
    #expect(
      mistyped.code == 1
        && mistyped.output.hasPrefix("deny: mistyped\n  a token of bearerd with a typing error"))
    try scratch.write("\(line) expires=2020-01-01\n")
    let expired = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: secret)
    #expect(expired.code == 1 && expired.output.hasSuffix("\n  it expired on 2020-01-01T00:00:00Z\n"))
    try scratch.write("\(line) not-before=2999-01-01\n")
    let early = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: secret)
    #expect(early.code == 1 && early.output.hasSuffix("\n  it is valid from 2999-01-01T00:00:00Z\n"))
  }

  @Test("explain waits for the token before it reads the file, so that it can follow token new in a pipe")
  func pipe() throws {
    let scratch = try Scratch()
    let command = #""$0" token new ci --tokens "$1" | "$0" token explain --tokens "$1""#
    let outcome = try Bearerd.start(["sh", "-c", command, Bearerd.path, scratch.tokens]).wait()
    #expect(outcome.code == 0 && outcome.output.hasPrefix("allow: ci "), "\(outcome.output)\(outcome.errors)")
  }

  @Test("list and explain of a file with an error exit with 78", arguments: ["list", "explain"])
  func broken(command: String) throws {
    let scratch = try Scratch()
    try scratch.write("nonsense\n")
    let outcome = try Bearerd.run("token", command, tokens: scratch.tokens, stdin: "x")
    #expect(outcome.code == 78 && outcome.errors.contains(":1:9: error: no hash"))
  }
}
