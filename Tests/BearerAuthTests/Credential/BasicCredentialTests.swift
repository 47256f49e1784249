import Foundation
import TestSupport
import Testing

@testable import BearerAuth

@Suite("A Basic credential")
struct BasicCredentialTests {
  private func credential(_ value: String, _ schemes: AcceptedSchemes = .bearerAndBasic) throws -> Credential
  {
    Credential(parsing: Array(value.utf8).span, accepting: schemes, with: try DigestContext())
  }

  private func basic(_ pair: [UInt8]) -> String { "Basic " + Data(pair).base64EncodedString() }

  private func basic(_ pair: String) -> String { basic(Array(pair.utf8)) }

  @Test(
    "is the hash of its password, whatever the user name",
    arguments: [
      ("user", "abc"), ("", "abc"), ("x-access-token", "abc"), ("a b", "abc"), ("us\u{e9}r", "abc"),
      ("u", "a:b:c"),
      ("u", ":"), ("u", "::abc"), ("u", "p@ss_word"), ("brd_x", "abc="),
      ("\u{1f600}", "abc"),
    ])
  func password(user: String, token: String) throws {
    let expected = Credential.token(try digest(of: token))
    for scheme in ["Basic ", "basic ", "BASIC   ", "bAsIc  "] {
      let header = scheme + Data("\(user):\(token)".utf8).base64EncodedString()
      #expect(try credential(header) == expected, "\(scheme)")
      #expect(try credential(header, .bearer) == .otherScheme)
    }
  }

  @Test("has a user name of any encoding, without control characters")
  func userNameBytes() throws {
    for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: ":") {
      let value = try credential(basic([UInt8(ascii: "u"), byte] + Array(":abc".utf8)))
      let isControl = byte < 0x20 || byte == 0x7f
      #expect(value == (isControl ? .malformed : .token(try digest(of: "abc"))), "byte \(byte)")
    }
  }

  @Test("has a password of visible ASCII, at each place")
  func passwordBytes() throws {
    for place in 0..<4 {
      for byte in UInt8.min...UInt8.max {
        var token = Array("abcd".utf8)
        token[place] = byte
        let value = try credential(basic(Array("u:".utf8) + token))
        let isVisible = (0x21...0x7e).contains(byte)
        let expected = isVisible ? try digest(of: String(decoding: token, as: UTF8.self)) : nil
        #expect(value == (expected.map { .token($0) } ?? .malformed), "byte \(byte)")
      }
    }
  }

  @Test(
    "that is not strict base64 of a user name, a colon and a token is malformed",
    arguments: [
      "Basic", "Basic ", "Basic    ", "Basic =", "Basic ====", "Basic dTphYmM= ", "Basic  dTphYmM=\t",
      "Basic dTphYmM",
      "Basic dTphYmM==", "Basic dTphYmN=x", "Basic dTphY mM=", "Basic dTphYmM=,Bearer abc",
      "Basic dTphYmM=, Basic dTphYmM=",
      "Basic dTphYmM-", "Basic dTphYm_=", "Basic dTphYmM=\n", "Basic dTph\r\nYmM=", "Basic \"dTphYmM=\"",
      "Basic u:abc",
      // Bits that are left over.
      "Basic dTphYmN=", "Basic dTphYmNk=", "Basic dTphYh==", "Basic dTphYmM=dTphYmM=", "Basic d===",
      "Basic =Tph",
      // No colon, no password, a NUL.
      "Basic dXNl", "Basic dXNlcg==", "Basic dTo=", "Basic Og==", "Basic dTphAGI=", "Basic AHU6YWJj",
      "Basic\tdTphYmM=", "Basic\u{a0}dTphYmM=", "Basic dTphYm\u{e9}=", "Basic: dTphYmM=", " Basic dTphYmM=",
    ])
  func malformed(value: String) throws {
    #expect(try credential(value) == .malformed)
  }

  @Test("of another scheme is still another scheme, and Bearer is still Bearer")
  func schemes() throws {
    for value in [
      "Digest dTphYmM=", "Basics dTphYmM=", "Basi dTphYmM=", "BasicdTphYmM", "Negotiate x", "Token x",
    ] {
      #expect(try credential(value) == .otherScheme)
    }
    for value in [
      "Bearer abc", "bearer  abc", "Bearer", "Bearer a b", "",
      "Bearer brd_" + String(repeating: "0", count: 49),
    ] {
      #expect(try credential(value) == credential(value, .bearer))
    }
  }

  @Test("with one character of its base64 changed is another token or malformed, for random tokens", .slow)
  func changed() throws {
    var dice = Dice(state: 3)
    let context = try DigestContext()
    let characters = Array((0x21...0x7e).map { UInt8($0) }) + [0x00, 0x20, 0x0a, 0x80, 0xff]
    for length in 1...40 {
      let token = (0..<length).map { _ in UInt8.random(in: 0x21...0x7e, using: &dice) }
      let pair = Array("user:".utf8) + token
      let right = Array(basic(pair).utf8)
      let expected = try digest(of: String(decoding: token, as: UTF8.self))
      let read = Credential(parsing: right.span, accepting: .bearerAndBasic, with: context)
      #expect(read == .token(expected))
      for place in 6..<right.count {
        for character in characters where character != right[place] {
          var other = right
          other[place] = character
          let read = Credential(parsing: other.span, accepting: .bearerAndBasic, with: context)
          // What a lenient decoder makes of it, and the same bytes again only if the encoding is the same.
          let text = String(decoding: other[6...], as: UTF8.self)
          let decoded = Data(base64Encoded: text).map { [UInt8]($0) }
          let isCanonical = decoded.map { Data($0).base64EncodedString() == text } ?? false
          let same = decoded?.drop { $0 != UInt8(ascii: ":") }.dropFirst().elementsEqual(token) ?? false
          if read == .token(expected), !(isCanonical && same) { Issue.record("\(text)") }
        }
      }
    }
  }

  @Test("of a token of up to 4096 bytes is read, and no longer one")
  func longest() throws {
    for count in [4095, 4096, 4097, 6000] {
      let token = String(repeating: "x", count: count)
      #expect(try credential(basic("u:\(token)")) == (count <= 4096 ? .token(digest(of: token)) : .malformed))
    }
    #expect(try credential(basic(String(repeating: "u", count: 7000) + ":abc")) == .malformed)
  }

  @Test("with a slip in one of our own tokens is mistyped")
  func mistyped() throws {
    var secret = Secret.generate(randomBytes: Array(0..<32))
    #expect(
      try credential(basic(Array("git:".utf8) + secret))
        == .token(digest(of: String(decoding: secret, as: UTF8.self))))
    secret[10] = secret[10] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
    #expect(try credential(basic(Array("git:".utf8) + secret)) == .mistyped)
  }

  @Test("tells its user name, and none if it is broken or of another scheme")
  func userName() {
    func name(_ header: String) -> String? {
      let bytes = Array(header.utf8)
      return BasicCredential.withUserName(of: bytes.span) { $0.asciiText }
    }
    #expect(name(basic("ci:abc")) == "ci")
    #expect(name(basic(":abc")) == "")
    #expect(name(basic("ci:")) == "ci")
    #expect(name(basic("ci")) == nil)
    #expect(name("Basic x") == nil)
    #expect(name("Bearer abc") == nil)
    #expect(name("") == nil)
  }

  @Test(
    "is accepted where BEARERD_ACCEPT is exactly this",
    arguments: [
      ("", .bearer), ("bearer", .bearer), ("bearer basic", .bearerAndBasic), ("Bearer", nil), ("basic", nil),
      ("basic bearer", nil), ("bearer  basic", nil), ("bearer basic ", nil), ("bearer,basic", nil),
      ("bearer basi", nil),
      ("off", nil), ("bearer\0", nil),
    ] as [(String, AcceptedSchemes?)])
  func accepted(value: String, schemes: AcceptedSchemes?) {
    let bytes = Array(value.utf8)
    let read = AcceptedSchemes(bytes.span)
    #expect(read == schemes)
  }
}

@Suite("Base64")
struct Base64Tests {
  private func decoded(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    return Base64.withDecoded(bytes.span) { decoded in decoded.indices.map { decoded[$0] } }
  }

  @Test("has the test vectors of RFC 4648")
  func vectors() {
    for (text, encoded) in [
      ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ] {
      #expect(decoded(encoded) == Array(text.utf8))
    }
    #expect(decoded("") == nil)
  }

  @Test("is read back as the bytes that were written, for all lengths and random bytes")
  func roundTrip() {
    var dice = Dice(state: 5)
    for length in 1...600 {
      for _ in 0..<5 {
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &dice) }
        if decoded(Data(bytes).base64EncodedString()) != bytes { Issue.record("\(bytes)") }
      }
    }
  }

  @Test("of four characters is read as RFC 4648 has it, for all endings of two")
  func endings() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let text = [UInt8(ascii: "Z"), UInt8(ascii: "g"), first, second]
        let read = Base64.withDecoded(text.span) { decoded in decoded.indices.map { decoded[$0] } }
        let string = String(decoding: text, as: UTF8.self)
        let reference = Data(base64Encoded: string).map { [UInt8]($0) }
        let isStrict = reference.map { Data($0).base64EncodedString() == string } ?? false
        if read != (isStrict ? reference : nil) { Issue.record("\(first) \(second)") }
      }
    }
  }
}
