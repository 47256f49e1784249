/// How hard a secret is to guess, by a plain estimate: its length times the bits of the alphabet in use. Repetition
/// and well-known words add nothing. The hash in the token file is fast and has no salt, so an imported secret needs
/// 112 bits, what NIST SP 800-57 asks of a key today.
///
/// - An alphabet is digits, hexadecimal digits, letters of one case or both, with or without digits. Punctuation counts
///   as nothing.
/// - A character counts once for the four characters that it ends: not if they stood earlier, or stand in the alphabet,
///   the digits or a row of the keyboard, forwards or backwards, in any case.
/// - A word of `WellKnownSecrets` counts as nothing.
/// - A third of vowels and no digit: words of a language, at 1.5 bits a letter (Shannon 1951 measured 1.3 for English).
public struct SecretStrength: Equatable, Sendable {
  /// The estimate, rounded down.
  public let bits: Int

  /// What an imported secret must have.
  public static let minimumBits = 112

  /// Whether the secret may be kept as a fast, unsalted hash.
  public var isSufficient: Bool { bits >= SecretStrength.minimumBits }

  /// Estimates `secret`.
  public init(of secret: Span<UInt8>) {
    let characters = secret.array.filter(\.isAlphanumeric)
    let rest = SecretStrength.withoutWords(characters.map(\.lowered))
    bits = SecretStrength.newCharacters(in: rest) * SecretStrength.tenthsOfBits(of: characters) / 10
  }

  private static func tenthsOfBits(of characters: [UInt8]) -> Int {
    if characters.allSatisfy(\.isDigit) { return 33 }
    if characters.allSatisfy({ $0.hexValue != nil }) { return 40 }
    let hasDigits = characters.contains(where: \.isDigit)
    let vowels = characters.count { "aeiouy".utf8.contains($0.lowered) }
    if !hasDigits, vowels * 3 >= characters.count { return 15 }
    let hasBothCases = characters.contains(where: \.isLower) && characters.contains(where: \.isUpper)
    return hasBothCases ? hasDigits ? 59 : 57 : hasDigits ? 51 : 47
  }

  private static func withoutWords(_ text: [UInt8]) -> [UInt8] {
    var rest: [UInt8] = []
    var position = 0
    while position < text.count {
      let word = words[text[position]]?.first { text[position...].starts(with: $0) }
      if word == nil { rest.append(text[position]) }
      position += word?.count ?? 1
    }
    return rest
  }

  /// By their first letter, the longest first.
  private static let words = Dictionary(
    grouping: WellKnownSecrets.words.map { Array($0.utf8) }.filter { $0.count > 3 }
      .sorted { $0.count > $1.count }, by: \.[0])

  private static func newCharacters(in text: [UInt8]) -> Int {
    var seen = sequences
    return text.indices.count { $0 < 3 || seen.insert(text[($0 - 3)...$0].map(\.self)).inserted }
  }

  /// Every four characters in the order that anyone tries first.
  private static let sequences: Set<[UInt8]> = {
    let rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
    let texts = (rows + rows.map { String($0.reversed()) }).map { Array($0.utf8) }
    return Set(texts.flatMap { text in (3..<text.count).map { Array(text[($0 - 3)...$0]) } })
  }()
}
