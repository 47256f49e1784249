import TestSupport
import Testing

@testable import BearerAuth

@Suite("A token in BEARERD_TOKEN")
struct TokenParameterTests {
  private func credential(token: [UInt8]) throws -> Credential {
    Credential(token: token.span, with: try DigestContext())
  }

  private func credential(token: String) throws -> Credential { try credential(token: Array(token.utf8)) }

  @Test(
    "is hashed as it is",
    arguments: [
      "abc", "a", "=", "Bearer", "Bearer=abc", "p@ss:word!", "\"quoted\"", "a,b", "a;b", "{json:1}", "a\\b",
      "100%",
      "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "glpat-XXXX_yyyy", "123456:ABC-DEF1234ghIkl",
    ])
  func visible(token: String) throws {
    #expect(try credential(token: token) == .token(digest(of: token)))
  }

  @Test("is absent if it is empty")
  func absent() throws {
    #expect(try credential(token: "") == .absent)
  }

  @Test(
    "is malformed with a space, a control character or anything beyond ASCII",
    arguments: [
      " ", "  ", "Bearer abc", " abc", "abc ", "a b", "a\tb", "abc\r", "abc\n", "abc\r\nX: y", "abc\0", "\0",
      "a\u{1}b",
      "abc\u{7f}", "\u{e9}", "caf\u{e9}", "e\u{301}", "\u{212a}", "abc\u{a0}", "\u{feff}abc", "abc\u{200b}",
      "abc, abc", "abc,\tabc",
    ])
  func malformed(token: String) throws {
    #expect(try credential(token: token) == .malformed)
  }

  @Test("holds every visible byte of ASCII and no other, at each place of each length up to 24")
  func everyByte() throws {
    let context = try DigestContext()
    for length in 1...24 {
      for place in 0..<length {
        for byte in UInt8.min...UInt8.max {
          var token = [UInt8](repeating: UInt8(ascii: "x"), count: length)
          token[place] = byte
          let credential = Credential(token: token.span, with: context)
          let expected = context.digest(of: token.span).map { Credential.token($0) }
          let isRight = credential == ((0x21...0x7e).contains(byte) ? expected : .malformed)
          if !isRight { Issue.record("byte \(byte) at \(place) of \(length)") }
        }
      }
    }
  }

  @Test("has at most 4096 bytes", arguments: [4094, 4095, 4096, 4097, 4098, 8192, 65_536])
  func longest(count: Int) throws {
    let token = String(repeating: "x", count: count)
    #expect(try credential(token: token) == (count <= 4096 ? .token(digest(of: token)) : .malformed))
  }

  @Test("is the credential that the same token is behind Bearer, for random tokens of every length")
  func sameAsBearer() throws {
    var dice = Dice(state: 7)
    let context = try DigestContext()
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
    for length in 1...2000 {
      let token = Array(dice.text(of: alphabet, count: length).utf8)
      let header = Array("Bearer ".utf8) + token
      let (one, other) = (
        Credential(token: token.span, with: context), Credential(parsing: header.span, with: context)
      )
      if one != other { Issue.record("length \(length)") }
    }
  }

  @Test("with a slip in one of our own tokens is mistyped, at each of its characters", arguments: 4..<53)
  func mistyped(position: Int) throws {
    var secret = Secret.generate(randomBytes: Array(0..<32))
    #expect(try credential(token: secret) == .token(digest(of: String(decoding: secret, as: UTF8.self))))
    secret[position] = secret[position] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
    #expect(try credential(token: secret) == .mistyped)
  }
}
