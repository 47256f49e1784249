/// The tokens that bearerd makes: `brd_`, 43 characters of base 62 for 256 random bits, and 6 more for the
/// CRC-32 of those 43. A secret scanner finds them with `\bbrd_[0-9A-Za-z]{49}\b`.
///
/// The checksum tells a typing error from a wrong token before any lookup. It does not authenticate: anyone can
/// compute it.
package enum Secret {
  /// The prefix of every token that bearerd makes.
  package static let prefix = "brd_"

  /// The number of random bytes in a token.
  package static let randomByteCount = 32

  static let entropyLength = 43
  static let checksumLength = 6
  package static let length = 4 + entropyLength + checksumLength

  /// A new token made of `randomBytes`, which must come from the system's random generator.
  ///
  /// Bytes and not a String, because the code that shows the token must be able to overwrite it.
  package static func generate(randomBytes: [UInt8]) -> [UInt8] {
    precondition(randomBytes.count == randomByteCount, "a token is made of 32 random bytes")
    let entropy = Base62.encode(randomBytes, length: entropyLength)
    let sum = CRC32.checksum(of: entropy.span)
    let sumBytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }
    return Array(prefix.utf8) + entropy + Base62.encode(sumBytes, length: checksumLength)
  }

  /// Whether the bytes may follow `Bearer ` (token68, RFC 9110 section 11.2).
  ///
  /// Here and below no branch depends on a character, so the time reveals only the length of the token.
  package static func isWellFormed(_ bytes: Span<UInt8>) -> Bool {
    var end = bytes.count
    while end > 0, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
    return end > 0 && all(of: bytes.extracting(..<end), are: .token68)
  }

  /// The longest token that BEARERD_TOKEN can carry, in bytes.
  package static let maximumLength = 4096

  /// Whether BEARERD_TOKEN can carry the bytes: 1 to 4096 of visible ASCII.
  package static func isVisible(_ bytes: Span<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.count <= maximumLength && all(of: bytes, are: .visible)
  }

  /// Whether the bytes have the shape of a token made by bearerd and a wrong checksum.
  package static func isMistyped(_ bytes: Span<UInt8>) -> Bool {
    guard hasShape(bytes) else { return false }
    let end = length - checksumLength
    let sum = CRC32.checksum(of: bytes.extracting(4..<end))
    return Base62.decode(bytes.extracting(end...)) != UInt64(sum)
  }

  /// Whether the bytes have the shape of a token made by bearerd, with any checksum.
  package static func hasShape(_ bytes: Span<UInt8>) -> Bool {
    bytes.count == length && bytes.hasPrefix("brd_") && all(of: bytes.extracting(4...), are: .alphanumeric)
  }

  /// A letter, a digit or the punctuation of token68, without the `=` at its end.
  package static func isToken68Byte(_ byte: UInt8) -> Bool {
    CharacterKinds.table[Int(byte)] & CharacterKinds.token68.rawValue != 0
  }

  /// Checked once, at the end.
  private static func all(of bytes: Span<UInt8>, are kind: CharacterKinds) -> Bool {
    var common = UInt8.max
    for index in bytes.indices { common &= CharacterKinds.table[Int(bytes[index])] }
    return common & kind.rawValue != 0
  }
}

/// The kinds of characters in a token.
private struct CharacterKinds: OptionSet {
  let rawValue: UInt8

  static let alphanumeric = CharacterKinds(rawValue: 1)
  static let token68 = CharacterKinds(rawValue: 2)
  /// ASCII without the space and without control characters.
  static let visible = CharacterKinds(rawValue: 4)

  /// Indexed by the byte.
  static let table: [UInt8] = (UInt8.min...UInt8.max).map { byte in
    guard (0x21...0x7e).contains(byte) else { return 0 }
    if byte.isAlphanumeric { return alphanumeric.union(token68).union(visible).rawValue }
    return "-._~+/".utf8.contains(byte) ? token68.union(visible).rawValue : visible.rawValue
  }
}

/// Numbers in the digits 0-9, A-Z, a-z: safe in a shell and a URL, and selected as one word by a double click.
enum Base62 {
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// The number whose bytes, highest first, are `bytes`, in `length` digits with leading zeros.
  /// `length` digits must be enough: 43 for 32 bytes, 6 for 4.
  static func encode(_ bytes: [UInt8], length: Int) -> [UInt8] {
    var number = bytes
    var digits = [UInt8](repeating: 0, count: length)
    for position in digits.indices.reversed() {
      digits[position] = alphabet[remainder(dividing: &number)]
    }
    for index in number.indices { number[index] = 0 }
    return digits
  }

  /// The number written by up to ten digits, highest first; nil if a digit is not of base 62. No branch depends
  /// on a digit.
  static func decode(_ digits: Span<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    var worst: UInt8 = 0
    for index in digits.indices {
      let value = values[Int(digits[index])]
      worst = max(worst, value)
      number = number &* 62 &+ UInt64(value)
    }
    return worst < 62 ? number : nil
  }

  /// Indexed by the character; 255 if it is not a digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// Long division by 62.
  private static func remainder(dividing number: inout [UInt8]) -> Int {
    var rest = 0
    for index in number.indices {
      let value = rest << 8 | Int(number[index])
      number[index] = UInt8(value / 62)
      rest = value % 62
    }
    return rest
  }
}

/// The CRC-32 of zlib, gzip and PNG (ISO-HDLC: polynomial 0x04c11db7, reflected).
enum CRC32 {
  /// Four tables of 256 entries, to process four bytes at a time: one byte at a time, each step would wait for
  /// the one before.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { index in
      (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : 0xedb8_8320 ^ value >> 1 }
    }
    for index in 256..<1024 {
      let before = tables[index - 256]
      tables.append(tables[Int(before & 0xff)] ^ before >> 8)
    }
    return tables
  }()

  static func checksum(of bytes: Span<UInt8>) -> UInt32 {
    let tables = tables.span
    var sum = UInt32.max
    var index = 0
    while index + 4 <= bytes.count {
      sum ^= UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
      sum ^= UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
      sum =
        tables[768 + Int(sum & 0xff)] ^ tables[512 + Int(sum >> 8 & 0xff)]
        ^ tables[256 + Int(sum >> 16 & 0xff)] ^ tables[Int(sum >> 24)]
      index += 4
    }
    while index < bytes.count {
      sum = tables[Int((sum ^ UInt32(bytes[index])) & 0xff)] ^ sum >> 8
      index += 1
    }
    return ~sum
  }
}
