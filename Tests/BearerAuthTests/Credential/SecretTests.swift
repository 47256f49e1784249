import TestSupport
import Testing

@testable import BearerAuth

@Suite("A secret")
struct SecretTests {
  // From Python: the bytes as one number in base 62, and zlib.crc32 of those 43 characters in base 62.
  @Test(
    "is its random bytes in base 62 and a checksum",
    arguments: [
      (Array(repeating: 0, count: 32), "brd_00000000000000000000000000000000000000000002CZclj"),
      (Array(repeating: 0xff, count: 32), "brd_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13sRzl1"),
      (Array(0..<32), "brd_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP"),
    ] as [([UInt8], String)])
  func knownSecrets(randomBytes: [UInt8], text: String) {
    let secret = Secret.generate(randomBytes: randomBytes)
    #expect(String(decoding: secret, as: UTF8.self) == text)
  }

  @Test("has the shape that secret scanners look for, and its checksum holds")
  func shape() throws {
    var dice = Dice(state: 1)
    for _ in 0..<1000 {
      let secret = Secret.generate(
        randomBytes: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &dice) })
      #expect(String(decoding: secret, as: UTF8.self).wholeMatch(of: /brd_[0-9A-Za-z]{49}/) != nil)
      #expect(Secret.isWellFormed(secret))
      #expect(!Secret.isMistyped(secret))
    }
  }

  @Test("with two neighbours swapped is mistyped")
  func swapped() {
    let secret = Secret.generate(randomBytes: Array(0..<32))
    for position in 4..<52 where secret[position] != secret[position + 1] {
      var typed = secret
      typed.swapAt(position, position + 1)
      #expect(Secret.isMistyped(typed), "swapped at \(position)")
    }
  }

  @Test(
    "in base 62 reads back as the number that was written", arguments: [0, 1, 61, 62, 3843, .max] as [UInt32])
  func base62(number: UInt32) {
    let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    #expect(Base62.decode(Base62.encode(bytes, length: 6)) == UInt64(number))
  }

  @Test("has the checksum of zlib")
  func crc32() {
    #expect(CRC32.checksum(of: "123456789") == 0xcbf4_3926)
    #expect(CRC32.checksum(of: "") == 0)
  }
}
