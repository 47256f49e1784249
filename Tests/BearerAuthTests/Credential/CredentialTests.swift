import Testing

@testable import BearerAuth

@Suite("A credential")
struct CredentialTests {
  @Test(
    "of one well-formed bearer token is that token's hash, however the scheme is spelt",
    arguments: [
      "Bearer abc", "bearer abc", "BEARER abc", "bEaReR abc", "Bearer  abc", "Bearer      abc",
    ])
  func bearer(value: String) throws {
    #expect(try credential(value) == .token(digest(of: "abc")))
  }

  @Test(
    "may hold every character of token68, with equals signs at its end",
    arguments: [
      "a", "0", "A-Z.a_z~0+9/", "abc=", "abc==", "abc=====", "-", ".", "_", "~", "+", "/", "-._~+/=",
      "ZXhhbXBsZQ==", "Bearer",
    ])
  func token68(secret: String) throws {
    #expect(try credential("Bearer " + secret) == .token(digest(of: secret)))
  }

  @Test("that is missing is absent")
  func absent() throws {
    #expect(try credential("") == .absent)
  }

  @Test(
    "of another scheme is not looked at further",
    arguments: [
      "Basic dXNlcjpwYXNz", "Digest username=\"x\"", "Negotiate", "Basic", "Bearerabc", "Bearerabc def",
      "Bear er",
      "BearerBearer abc", "token abc", "Token", "Bearer-ish abc", "Bearer' abc", "_Bearer abc", "0 1",
      "MAC id=\"1\"",
      "DPoP abc", "AWS4-HMAC-SHA256 Credential=a/b", "Basic a, Bearer b", "Bearer. abc",
    ])
  func otherScheme(value: String) throws {
    #expect(try credential(value) == .otherScheme)
  }

  @Test(
    "with anything but one scheme, spaces and one token is malformed",
    arguments: [
      "Bearer", "bearer", "Bearer ", "Bearer    ", " Bearer abc", "\tBearer abc", "Bearer\tabc",
      "Bearer \tabc",
      "Bearer\t abc", "Bearer abc ", "Bearer abc\t", "Bearer abc def", "Bearer abc,def",
      "Bearer abc, Bearer abc",
      "Bearer abc,", "Bearer ,abc", "Bearer,abc", "Bearer: abc", "Bearer:abc", "Bearer=abc", "Bearer;abc",
      "Bearer \"abc\"", "\"Bearer\" abc", "Bearer 'abc'", "Bearer =", "Bearer ==",
      "Bearer =abc",
      "Bearer a=b", "Bearer ab==c", "Bearer abc= ", "Bearer abc%20", "Bearer abc\r", "Bearer abc\n",
      "Bearer abc\r\nX: y", "Bearer\r\n abc", "Bearer abc\0", "Bearer \0abc", "Bearer a\0c", "Bearer\0abc",
      "\0",
      "Bearer abc\u{7f}", "Bearer a\u{1}c", "Bearer \u{e9}", "Bearer e\u{301}", "B\u{e9}arer abc",
      "Bearer\u{a0}abc",
      "Bearer \u{2003}abc", "\u{feff}Bearer abc", "Bearer abc\u{200b}", "\u{412}earer abc", "Bearer <abc>",
      "Bearer {abc}", "Bearer [abc]", "Bearer (abc)", "Bearer abc?", "Bearer abc#", "Bearer abc&",
      "Bearer a:b",
      "Bearer a@b", "Bearer a\\b", "Bearer a;b", "Bearer $abc", "Bearer !", "Bearer *", "Bearer `abc`",
      "Bearer a|b",
      " ", "   ", "\t", ",", "=", "\r\n", "/ abc", "(x) abc", "Basic\tabc",
    ])
  func malformed(value: String) throws {
    #expect(try credential(value) == .malformed)
  }

  @Test("holds no byte that token68 lacks, wherever it stands")
  func everyByte() throws {
    let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/".utf8)
    for byte in UInt8.min...UInt8.max {
      let first = try credential(Array("Bearer ".utf8) + [byte] + Array("bc".utf8))
      let inner = try credential(Array("Bearer a".utf8) + [byte] + Array("c".utf8))
      let last = try credential(Array("Bearer ab".utf8) + [byte])
      let isSpace = byte == UInt8(ascii: " ")
      #expect((first != .malformed) == (allowed.contains(byte) || isSpace), "byte \(byte) first")
      #expect((inner != .malformed) == allowed.contains(byte), "byte \(byte) inside")
      #expect(
        (last != .malformed) == (allowed.contains(byte) || byte == UInt8(ascii: "=")), "byte \(byte) last")
    }
  }

  @Test(
    "that is not UTF-8 is malformed",
    arguments: [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0x80]] as [[UInt8]])
  func notUTF8(bytes: [UInt8]) throws {
    #expect(try credential(Array("Bearer abc".utf8) + bytes) == .malformed)
    #expect(try credential(bytes) == .malformed)
  }

  @Test("that is canonically equivalent to another is not that one")
  func canonicalEquivalence() throws {
    // U+212A KELVIN SIGN is "K" for Swift's String, and must not be for us.
    #expect("\u{212a}" == "K")
    #expect(try credential("Bearer \u{212a}") == .malformed)
    #expect(try credential("Bearer K") == .token(digest(of: "K")))
  }

  @Test("of up to 8192 bytes is read, and no longer one")
  func longest() throws {
    let secret = String(repeating: "x", count: 8192 - 7)
    #expect(try credential("Bearer " + secret) == .token(digest(of: secret)))
    #expect(try credential("Bearer " + secret + "x") == .malformed)
    #expect(try credential("Basic " + secret + "xx") == .malformed)
  }

  @Test("with a slip in one of our own tokens is mistyped, at each of its characters", arguments: 4..<53)
  func mistyped(position: Int) throws {
    var secret = Secret.generate(randomBytes: Array(0..<32))
    #expect(
      try credential(Array("Bearer ".utf8) + secret)
        == .token(digest(of: String(decoding: secret, as: UTF8.self))))
    secret[position] = secret[position] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
    #expect(try credential(Array("Bearer ".utf8) + secret) == .mistyped)
  }

  @Test(
    "that only resembles one of our own tokens is looked up like any other",
    arguments: [
      "brd_", "brd_abc", "BRD_" + String(repeating: "0", count: 49),
      "brd_" + String(repeating: "0", count: 48),
      "brd_" + String(repeating: "0", count: 50), "brd_" + String(repeating: "0", count: 48) + "-",
      "brd-" + String(repeating: "0", count: 49),
    ])
  func resembling(secret: String) throws {
    #expect(try credential("Bearer " + secret) == .token(digest(of: secret)))
  }
}
