import TestSupport
import Testing

@testable import BearerAuth

@Suite("The text of a token file")
struct TokenFileTextTests {
  @Test(
    "gets a new line at its end, and keeps every byte before it",
    arguments: ["", "# x\n", "# x", "\n\n", "# caf\u{e9} \t\n\n# y"])
  func appending(text: String) throws {
    var edited = TokenFileText(Array(text.utf8))
    edited.append(try token("a", application: "openai", key: "k7f3q2"))
    let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    let expected = "\(text)\(separator)openai          \(try hash("a"))  id=k7f3q2\n"
    #expect(String(decoding: edited.bytes, as: UTF8.self) == expected)
  }

  @Test(
    "of a token reads back as that token",
    arguments: [
      "a", "application.with-a_name.that.is.longer.than.its.column",
    ])
  func roundTrip(application: String) throws {
    let token = Token(
      digest: try digest(of: "s"), application: application, key: "k1", created: try instant("2026-11-24"),
      notBefore: try instant("2026-12-01T01:02:03Z"), expires: try instant("2027-01-01"),
      scopes: try scopes("read", "write"),
      origins: [try AddressBlock(parsing: "192.0.2.0/24"), try AddressBlock(parsing: "2001:db8::1")])
    var text = TokenFileText(Array(TokenFileText.header.utf8))
    text.append(token)
    let file = TokenFile(parsing: text.bytes, name: "tokens")
    #expect(file.issues.isEmpty)
    let read = try #require(file.tokens.first)
    #expect(read.digest == token.digest && read.application == application && read.key == "k1")
    #expect(
      read.created == token.created && read.notBefore == token.notBefore && read.expires == token.expires)
    #expect(read.scopes == token.scopes && read.origins == token.origins)
    #expect(read.line == 5)
  }

  @Test(
    "loses the lines that are taken out, and nothing else",
    arguments: [
      ([1], "b\nc"), ([2], "a\nc"), ([3], "a\nb\n"), ([1, 2, 3], ""), ([1, 3], "b\n"), ([4], "a\nb\nc"),
      ([], "a\nb\nc"),
    ] as [(Set<Int>, String)])
  func removing(lines: Set<Int>, expected: String) {
    var text = TokenFileText(Array("a\nb\nc".utf8))
    text.remove(lines: lines)
    #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
  }

  @Test(
    "gets a new expiry on one line",
    arguments: [
      ("ci HASH id=k", "ci HASH id=k expires=2027-01-01T00:00:00Z"),
      ("ci HASH id=k  \t", "ci HASH id=k expires=2027-01-01T00:00:00Z  \t"),
      ("ci HASH id=k  # till spring", "ci HASH id=k expires=2027-01-01T00:00:00Z  # till spring"),
      ("ci HASH expires=2028-01-01 id=k", "ci HASH expires=2027-01-01T00:00:00Z id=k"),
      ("ci HASH expires=2028-01-01", "ci HASH expires=2027-01-01T00:00:00Z"),
      ("ci HASH # expires=2028-01-01", "ci HASH expires=2027-01-01T00:00:00Z # expires=2028-01-01"),
    ])
  func expiry(line: String, expected: String) throws {
    var text = TokenFileText(Array("# first\n\(line)\n# last, no line end".utf8))
    text.setExpires(try instant("2027-01-01"), ofLine: 2)
    #expect(String(decoding: text.bytes, as: UTF8.self) == "# first\n\(expected)\n# last, no line end")
  }

  @Test("of a new file is comments only")
  func header() {
    let file = TokenFile(parsing: Array(TokenFileText.header.utf8), name: "tokens")
    #expect(file.tokens.isEmpty && file.issues.isEmpty)
  }
}
