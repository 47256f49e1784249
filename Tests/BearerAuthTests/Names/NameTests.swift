import Testing

@testable import BearerAuth

private let longest = String(repeating: "a", count: 63)

@Suite("A name")
struct NameTests {
  @Test(
    "of an application or a scope",
    arguments: ["a", "0", "openai", "my-app", "my_app.v2", "0day", "a--b", "a.", longest])
  func good(name: String) {
    #expect(ApplicationName(name)?.description == name)
    #expect(Scope(name)?.description == name)
  }

  @Test(
    "that breaks the rule is refused",
    arguments: [
      "", "-a", ".a", "_a", "A", "OpenAI", "a b", "a,b", "a=b", "a#b", "a/b", "a:b", "a\"b", "a\n", "\u{e9}",
      "a\0", longest + "a",
      "..", "*",
    ])
  func bad(name: String) {
    #expect(ApplicationName(name) == nil)
    #expect(Scope(name) == nil)
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
    let names = ["read", "reader", "rea", "read.all", "write", longest, String(longest.dropLast()), "a", "b"]
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
