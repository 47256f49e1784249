import Testing

@testable import BearerAuth

@Suite("A digest")
struct DigestTests {
  // FIPS 180-4's own examples, and no bytes at all.
  @Test(
    "is SHA-256",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func known(text: String, hex: String) throws {
    let digest = try digest(of: text)
    #expect(digest.hex == hex)
    #expect(Digest(hex: hex) == digest)
    #expect(Digest(hex: hex.uppercased()) == digest)
  }

  @Test("is the same from a context that was used before")
  func reuse() throws {
    let context = try DigestContext()
    let first = context.digest(of: "first")
    _ = context.digest(of: "second")
    #expect(context.digest(of: "first") == first)
  }

  @Test("differs from one with a single flipped bit", arguments: 0..<256)
  func flippedBit(bit: Int) throws {
    let digest = try digest(of: "abc")
    var flipped: [UInt8] = []
    let digits = Array(digest.hex.utf8)
    for byte in 0..<32 {
      let value = try #require(
        UInt8(String(decoding: digits[byte * 2..<byte * 2 + 2], as: UTF8.self), radix: 16))
      flipped.append(byte == bit / 8 ? value ^ 1 << UInt8(bit % 8) : value)
    }
    let hex = flipped.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(try #require(Digest(hex: hex)) != digest)
  }

  @Test("takes the digits of either case at each place, and no other byte", arguments: 0..<64)
  func digits(place: Int) throws {
    let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 64)
    for byte in UInt8.min...UInt8.max {
      var text = zeros
      text[place] = byte
      let (digest, character) = (Digest(hex: text.span), Character(UnicodeScalar(byte)))
      guard byte < 0x80, character.isHexDigit else {
        #expect(digest == nil, "\(byte)")
        continue
      }
      let expected = String(repeating: "0", count: place) + character.lowercased()
      #expect(digest?.hex == expected + String(repeating: "0", count: 63 - place))
    }
  }

  @Test(
    "is not read from anything but 64 hexadecimal digits",
    arguments: [
      "", "0", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
      String(repeating: "0", count: 63) + "g", "x" + String(repeating: "0", count: 63),
      String(repeating: "0", count: 63) + " ",
    ])
  func notHex(text: String) {
    #expect(Digest(hex: text) == nil)
  }
}
