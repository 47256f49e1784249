/// The short public name of one token among an application's: `k7f3q2`. For logs, lists and rotation; it opens
/// nothing and says nothing of the secret.
public struct KeyID: Hashable, Sendable, CustomStringConvertible {
  /// The name itself.
  public let description: String

  /// Nil where the name breaks the rule.
  public init?(_ text: String) {
    guard KeyID.isValid(text.utf8.span) else { return nil }
    description = text
  }

  /// A new one of six characters (about 30 bits) from as many random bytes. Without 0, 1, l and o, so that it
  /// can be read out over a telephone.
  public init(randomBytes: [UInt8]) {
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    description = String(decoding: randomBytes.prefix(6).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
  }

  /// The rule, as the end of a sentence.
  public static let rule = "1 to 15 of a-z and 0-9"

  static func isValid(_ bytes: Span<UInt8>) -> Bool {
    // Fifteen bytes are what Swift keeps inside a String: a key id costs no allocation.
    guard (1...15).contains(bytes.count) else { return false }
    for index in bytes.indices where !(bytes[index].isLower || bytes[index].isDigit) { return false }
    return true
  }
}
