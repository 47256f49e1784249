import TestSupport
import Testing

@testable import BearerAuth

@Suite("A token file")
struct TokenFileTests {
  @Test("is read line by line, past comments and blank lines")
  func wholeFile() throws {
    let text = """
      # application   hash      options

      openai          \(try hash("a"))   id=k7f3q2 created=2026-11-24 expires=2027-11-24T00:00:00Z
      \t# an indented comment, with caf\u{e9}
      ci\t\(try hash("b"))\tid=m2x9aa scopes=read,write from=192.0.2.0/24,2001:db8::/32 not-before=2026-12-01 # till spring
      by-hand \(try hash("c").uppercased().replacing("SHA256", with: "sha256"))
      """
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    #expect(file.issues.isEmpty && file.isUsable)
    try #require(file.tokens.count == 3)

    #expect(
      file.tokens[0].application == "openai" && file.tokens[0].key == "k7f3q2" && file.tokens[0].line == 3)
    #expect(file.tokens[0].digest == (try digest(of: "a")))
    #expect(file.tokens[0].created == (try instant("2026-11-24")))
    #expect(file.tokens[0].expires == (try instant("2027-11-24")))
    #expect(
      file.tokens[0].notBefore == .distantPast && file.tokens[0].scopes == nil
        && file.tokens[0].origins == nil)

    #expect(file.tokens[1].application == "ci" && file.tokens[1].line == 5)
    #expect(file.tokens[1].scopes == (try scopes("read", "write")))
    #expect(file.tokens[1].origins?.map(\.description) == ["192.0.2.0/24", "2001:db8::/32"])
    #expect(
      file.tokens[1].notBefore == (try instant("2026-12-01")) && file.tokens[1].expires == .distantFuture)

    #expect(
      file.tokens[2].application == "by-hand" && file.tokens[2].key == nil && file.tokens[2].created == nil)
    #expect(file.tokens[2].digest == (try digest(of: "c")))
  }

  @Test(
    "reads a note in quotation marks, with spaces, # and escapes",
    arguments: [
      (#"note="Ann""#, "Ann"), (#"note="a b  # c" # d"#, "a b  # c"), (#"note="\"\\" id=k1"#, #""\"#),
      (#"id=k1 note="expires=2020-01-01""#, "expires=2020-01-01"),
      (#"note="caf\#u{e9} \#u{1f600}""#, "caf\u{e9} \u{1f600}"),
      (#"note="\"\#u{301}""#, "\"\u{301}"),
      (#"note="=,\\n""#, #"=,\n"#),
    ])
  func notes(option: String, note: String) throws {
    let text = "ci \(try hash("a")) \(option)\nzz \(try hash("b"))"
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    #expect(file.issues.isEmpty, "\(file.issues)")
    #expect(file.tokens.map { $0.note?.description } == [note, nil])
    #expect(file.tokens.first?.expires == .distantFuture)
    let line = try TokenFileText.line(for: #require(file.tokens.first))
    #expect(
      TokenFile(parsing: Array(line.utf8), name: "again").tokens.map { $0.note?.description } == [note],
      "\(line)")
  }

  @Test(
    "without tokens is valid", arguments: ["", "\n", "\n\n\n", "# nothing yet", "   \t  ", "#", "  # x\n\n"])
  func empty(text: String) {
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    #expect(file.tokens.isEmpty && file.issues.isEmpty && file.isUsable)
  }

  @Test(
    "reads its last line with or without a line end", arguments: ["", "\n", "\n\n", "\n#", " \t", " # x"])
  func lastLine(end: String) throws {
    let file = TokenFile(parsing: Array("ci \(try hash("a"))\(end)".utf8), name: "tokens")
    #expect(file.tokens.map(\.application) == ["ci"] && file.issues.isEmpty)
  }

  @Test("keeps long names and shared lists whole")
  func longNames() throws {
    let name = String(repeating: "long-name.", count: 6)
    let lines = try (0..<6).map {
      "\($0 % 3 == 0 ? name : "app\($0)") \(try hash("\($0)")) scopes=\($0 % 2 == 0 ? "a,b" : "c") from=10.0.\($0 / 2).0/24"
    }
    let file = TokenFile(parsing: Array(lines.joined(separator: "\n").utf8), name: "tokens")
    #expect(file.issues.isEmpty)
    #expect(file.tokens.map(\.application) == [name, "app1", "app2", name, "app4", "app5"])
    #expect(
      file.tokens.map { $0.scopes?.map(\.description) } == [
        ["a", "b"], ["c"], ["a", "b"], ["c"], ["a", "b"], ["c"],
      ])
    #expect(
      file.tokens.map { $0.origins?.first?.description }
        == ["0", "0", "1", "1", "2", "2"].map { "10.0.\($0).0/24" })
  }

  @Test("warns of a token that is never valid, and can be used")
  func neverGood() throws {
    let line = "ci \(try hash("a")) not-before=2027-01-01 expires=2026-01-01"
    let file = TokenFile(parsing: Array(line.utf8), name: "tokens")
    #expect(file.isUsable && file.tokens.count == 1)
    #expect(
      file.issues.map(\.description) == [
        "tokens:1:1: warning: expires= is not after not-before=, so the token is never valid"
      ])
  }

  @Test("tells all that is wrong, in the order of its lines")
  func allErrors() throws {
    let text = """
      Open AI
      ci \(try hash("a")) id=K expires=tomorrow colour=red
      ci \(try hash("a"))
      good \(try hash("b"))
      good \(try hash("b"))
      """
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    #expect(!file.isUsable)
    #expect(
      file.issues.map { "\($0.line):\($0.column)" }
        == ["1:1", "1:6", "2:79", "2:89", "2:98", "5"].map {
          $0.contains(":") ? $0 : "\($0):0"
        })
  }

  @Test("stops to complain after a thousand errors")
  func tooMany() {
    let file = TokenFile(parsing: Array(String(repeating: "X\n", count: 5000).utf8), name: "tokens")
    #expect(file.issues.count <= TokenFile.maximumIssues + 2)
    #expect(file.issues.last?.message.hasPrefix("too many errors") == true)
    #expect(!file.isUsable)
  }
}
