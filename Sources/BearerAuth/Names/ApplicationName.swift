/// The name of a caller: `openai`, `zapier`, `ci`.
public struct ApplicationName: Hashable, Sendable, CustomStringConvertible {
  /// The name itself; fit for a header, a log field and a file's name.
  public let description: String

  /// Nil where the name breaks the rule.
  public init?(_ text: String) {
    guard ApplicationName.isValid(text.utf8.span) else { return nil }
    description = text
  }

  /// The rule, as the end of a sentence.
  public static let rule = "1 to 63 of a-z, 0-9, dot, hyphen and underscore, beginning with a letter or digit"

  static func isValid(_ bytes: Span<UInt8>) -> Bool {
    guard (1...63).contains(bytes.count), bytes[0].isLower || bytes[0].isDigit else { return false }
    for index in bytes.indices where !isNameByte(bytes[index]) { return false }
    return true
  }

  /// `[a-z0-9._-]`: none of them means anything to a shell, a header, a URL or the token file.
  static func isNameByte(_ byte: UInt8) -> Bool {
    byte.isLower || byte.isDigit
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
  }
}
