/// How many bits a guesser would have to search, by a rule that would rather refuse a good secret than let a
/// guessable one in. The hash in the token file is fast and unsalted, so an imported secret needs all of them.
///
/// 1. A UUID counts as 122 bits: no version holds more.
/// 2. A stretch of five or more characters that stood earlier in the secret, or stands in the alphabet, the
///    digits or a row of the keyboard, forwards or backwards, in any case, counts as one character.
/// 3. Where the rest reads like words, a letter counts as 1.5 bits (Shannon 1951 measured 1.3 for English) and
///    a digit as 3.3.
/// 4. Otherwise a letter or digit counts as what the alphabet allows: 3.3 bits among digits, 4 among
///    hexadecimal digits, 4.7 among letters of one case, up to 5.9 among letters of both and digits; less
///    where eight or fewer different ones occur.
/// 5. Punctuation counts as nothing, but for that of base 64 in what may be base 64.
public struct SecretStrength: Equatable, Sendable {
  /// The estimate, rounded down.
  public let bits: Int

  /// What an imported secret must have: beyond any search, with no salt and a fast hash.
  public static let minimumBits = 128

  /// Whether the secret may be kept as a fast, unsalted hash.
  public var isSufficient: Bool { bits >= SecretStrength.minimumBits }

  /// Estimates `secret`.
  public init(of secret: Span<UInt8>) {
    guard !SecretStrength.isUUID(secret) else {
      bits = 122
      return
    }
    bits = SecretStrength.tenthsOfBits(in: RepeatFilter.withoutRepeats(secret)) / 10
  }

  /// 8-4-4-4-12 hexadecimal digits (RFC 9562 section 4).
  private static func isUUID(_ secret: Span<UInt8>) -> Bool {
    guard secret.count == 36 else { return false }
    for index in secret.indices {
      let isHyphen = secret[index] == UInt8(ascii: "-")
      guard [8, 13, 18, 23].contains(index) ? isHyphen : secret[index].hexValue != nil else { return false }
    }
    return true
  }

  private static func tenthsOfBits(in characters: [UInt8]) -> Int {
    let counted = characters.filter(\.isAlphanumeric)
    let distinct = Set(counted).count
    // log2 of 0 to 8, rounded down to tenths.
    if distinct <= 8 { return counted.count * [0, 0, 10, 15, 20, 23, 25, 28, 30][distinct] }
    if counted.allSatisfy(\.isDigit) { return counted.count * 33 }
    if counted.allSatisfy({ $0.hexValue != nil }) { return counted.count * 40 }
    if WordLikeness(characters).readsLikeWords {
      return counted.reduce(0) { $0 + ($1.isDigit ? 33 : 15) }
    }
    let hasDigits = counted.contains(where: \.isDigit)
    let hasBothCases = counted.contains(where: \.isLower) && counted.contains(where: \.isUpper)
    guard hasBothCases else { return counted.count * (hasDigits ? 51 : 47) }
    guard hasDigits else { return counted.count * 57 }
    return (counted.count + characters.count { "+/-_".utf8.contains($0) }) * 59
  }
}
