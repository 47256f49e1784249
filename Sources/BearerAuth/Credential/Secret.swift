/// The tokens that we make: `brd_`, 43 characters of base 62 for 256 random bits, and 6 more for the CRC-32 of
/// those 43. A secret scanner finds them with `\bbrd_[0-9A-Za-z]{49}\b`.
///
/// The checksum tells a slip of the hand from a wrong token before anything is looked up. It proves nothing:
/// anyone can compute it.
public enum Secret {
  /// What every token that we make begins with.
  public static let prefix = "brd_"

  /// How many random bytes a token is made of.
  public static let randomByteCount = 32

  static let entropyLength = 43
  static let checksumLength = 6
  package static let length = 4 + entropyLength + checksumLength

  /// A new token of 32 bytes from the system's generator.
  ///
  /// Bytes and not a String, so that the caller can overwrite them when they have been shown.
  public static func generate(randomBytes: [UInt8]) -> [UInt8] {
    precondition(randomBytes.count == randomByteCount, "a token is made of 32 random bytes")
    let entropy = Base62.encode(randomBytes, length: entropyLength)
    let sum = CRC32.checksum(of: entropy.span)
    let sumBytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }
    return Array(prefix.utf8) + entropy + Base62.encode(sumBytes, length: checksumLength)
  }

  /// Whether the bytes can follow `Bearer `: token68 of RFC 9110 section 11.2.
  ///
  /// Here and below no branch depends on a character, so the time tells a token's length and nothing else of it.
  public static func isWellFormed(_ bytes: Span<UInt8>) -> Bool {
    var end = bytes.count
    while end > 0, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
    return end > 0 && all(of: bytes.extracting(..<end), are: .token68)
  }

  /// Whether the bytes have the shape of a token that we made and a checksum that is not theirs.
  public static func isMistyped(_ bytes: Span<UInt8>) -> Bool {
    guard hasShape(bytes) else { return false }
    let end = length - checksumLength
    let sum = CRC32.checksum(of: bytes.extracting(4..<end))
    return Base62.decode(bytes.extracting(end...)) != UInt64(sum)
  }

  /// Whether the bytes look like a token that we made, whatever their checksum.
  public static func hasShape(_ bytes: Span<UInt8>) -> Bool {
    bytes.count == length && bytes.hasPrefix("brd_") && all(of: bytes.extracting(4...), are: .alphanumeric)
  }

  /// A letter, a digit or the punctuation of token68, without the `=` at its end.
  package static func isToken68Byte(_ byte: UInt8) -> Bool {
    CharacterKinds.table[Int(byte)] & CharacterKinds.token68.rawValue != 0
  }

  /// Judged once, at the end.
  private static func all(of bytes: Span<UInt8>, are kind: CharacterKinds) -> Bool {
    var common = UInt8.max
    for index in bytes.indices { common &= CharacterKinds.table[Int(bytes[index])] }
    return common & kind.rawValue != 0
  }
}

/// What a byte of a token can be.
private struct CharacterKinds: OptionSet {
  let rawValue: UInt8

  static let alphanumeric = CharacterKinds(rawValue: 1)
  static let token68 = CharacterKinds(rawValue: 2)

  /// By the byte.
  static let table: [UInt8] = (UInt8.min...UInt8.max).map { byte in
    if byte.isAlphanumeric { return alphanumeric.union(token68).rawValue }
    return "-._~+/".utf8.contains(byte) ? token68.rawValue : 0
  }
}
