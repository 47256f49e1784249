import Testing

@testable import BearerAuth

private let longest = String(repeating: "a", count: 63)

@Suite("A name")
struct NameTests {
  @Test(
    "of an application, which may be a scope's",
    arguments: ["a", "0", "openai", "my-app", "my_app.v2", "0day", "a--b", "a.", longest])
  func good(name: String) {
    #expect(ApplicationName(name)?.description == name)
    #expect(Scope(name)?.description == name)
  }

  @Test(
    "of an application that breaks the rule is refused",
    arguments: [
      "", "-a", ".a", "_a", "A", "OpenAI", "a b", "a,b", "a=b", "a#b", "a/b", "a:b", "a\"b", "a\n", "\u{e9}",
      "a\0", longest + "a",
      "..", "*",
    ])
  func bad(name: String) {
    #expect(ApplicationName(name) == nil)
  }

  @Test(
    "of a scope is a scope-token of RFC 6749 without the comma",
    arguments: [
      "Read", "READ", "mcp:tools", "repo/read", "https://example.org/auth/read", "a=b", "a#b", "#", "=", "..",
      "*", "!", "'",
      "[a]", "{a}", "a;b", "~", "-a", String(repeating: "x", count: 127), String(repeating: "x", count: 128),
    ])
  func scope(name: String) {
    #expect(Scope(name)?.description == name)
  }

  @Test(
    "of a scope that breaks the rule is refused",
    arguments: [
      "", " ", "a b", "a,b", ",", "a\"b", "a\\b", "a\n", "a\t", "a\0", "a\u{7f}", "\u{e9}", "e\u{301}",
      "\u{212a}",
      String(repeating: "x", count: 129), String(repeating: "x", count: 60_000),
    ])
  func badScope(name: String) {
    #expect(Scope(name) == nil)
  }

  @Test("of a scope holds every byte of RFC 6749 section 3.3 but the comma, and no other, at each place")
  func scopeBytes() {
    for place in [0, 7, 8, 63, 64, 127] {
      for byte in UInt8.min...UInt8.max {
        var name = [UInt8](repeating: UInt8(ascii: "x"), count: 128)
        name[place] = byte
        let isScope = Scope(name.span) != nil
        let isToken = byte == 0x21 || (0x23...0x5b).contains(byte) || (0x5d...0x7e).contains(byte)
        if isScope != (isToken && byte != UInt8(ascii: ",")) { Issue.record("byte \(byte) at \(place)") }
      }
    }
  }

  @Test("of scopes is read with single spaces between them")
  func requiredScopes() throws {
    func read(_ text: String) -> RequiredScopes {
      let bytes = Array(text.utf8)
      return RequiredScopes(bytes.span)
    }
    let (one, other) = (try #require(Scope("mcp:tools")), try #require(Scope("Read")))
    #expect(read("") == .absent && read("mcp:tools") == .any([one]))
    #expect(
      read("mcp:tools Read") == .any([one, other]) && read("mcp:tools Read").description == "mcp:tools Read")
    for text in [
      " ", "mcp:tools ", " Read", "mcp:tools  Read", "mcp:tools,Read", "mcp:tools\tRead", "Read \"", "\u{e9}",
    ] {
      #expect(read(text) == .invalid)
      #expect(RequiredScopes(text) == nil)
    }
    #expect(RequiredScopes("") == nil && RequiredScopes("Read") == .any([other]))
  }

  @Test("of a key", arguments: ["k", "7", "k7f3q2", String(repeating: "k", count: 15)])
  func goodKey(name: String) {
    #expect(KeyID(name)?.description == name)
  }

  @Test(
    "of a key that breaks the rule is refused",
    arguments: ["", "K7", "k-7", "k_7", "k.7", String(repeating: "k", count: 16)])
  func badKey(name: String) {
    #expect(KeyID(name) == nil)
  }

  @Test("of a new key is six characters that cannot be misheard")
  func newKey() {
    #expect(KeyID(randomBytes: [0, 31, 32, 63, 255, 24]).description == "a9a992")
    for byte in UInt8.min...UInt8.max {
      let key = KeyID(randomBytes: Array(repeating: byte, count: 6)).description
      #expect(KeyID(key) != nil && !key.contains(where: "01lo".contains))
    }
  }

  @Test("of a scope is only itself")
  func wholeWords() {
    let names = [
      "read", "reader", "rea", "read.all", "write", longest, String(longest.dropLast()), "a", "b", "A",
      "Read", String(repeating: "x", count: 128), String(repeating: "x", count: 127),
    ]
    for first in names {
      for second in names {
        #expect((Scope(first) == Scope(second)) == (first == second), "\(first), \(second)")
      }
    }
    #expect(Set(names.compactMap { Scope($0) }).count == names.count)
  }

  @Test(
    "that was misspelt is recognised",
    arguments: [
      ("scope", "scopes"), ("scops", "scopes"), ("Scopes", "scopes"), ("expire", "expires"),
      ("exipres", "expires"),
      ("notbefore", "not-before"), ("not_before", "not-before"), ("form", "from"), ("ids", "id"),
      ("creatd", "created"),
    ])
  func spelling(word: String, meant: String) {
    #expect(Spelling.nearest(to: word, among: TokenOption.allCases.map(\.rawValue)) == meant)
  }

  @Test("that resembles no other is left alone", arguments: ["", "x", "colour", "permissions", "until"])
  func noSpelling(word: String) {
    #expect(Spelling.nearest(to: word, among: TokenOption.allCases.map(\.rawValue)) == nil)
  }
}
