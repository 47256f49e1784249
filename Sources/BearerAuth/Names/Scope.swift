/// A door's name: `read`, `write`, `billing.export`. The same rule as an application's name.
///
/// Kept in place, so that comparing the scope of a request with those of a token allocates nothing.
public struct Scope: Hashable, Sendable {
  /// Eight bytes of the name a word, zero after its end. A name holds no zero, so the end needs no count.
  private var words = InlineArray<8, UInt64>(repeating: 0)

  /// Nil where the name breaks the rule.
  public init?(_ bytes: Span<UInt8>) {
    guard ApplicationName.isValid(bytes) else { return nil }
    for index in bytes.indices {
      words[index / 8] |= UInt64(bytes[index]) << UInt64(index % 8 * 8)
    }
  }

  /// Nil where the name breaks the rule.
  public init?(_ text: String) {
    self.init(text.utf8.span)
  }

  /// The rule, as the end of a sentence.
  public static let rule = ApplicationName.rule

  /// Whole names only: `read` is not `reader`.
  public static func == (left: Scope, right: Scope) -> Bool {
    for index in 0..<8 where left.words[index] != right.words[index] { return false }
    return true
  }

  /// Hashes every byte.
  public func hash(into hasher: inout Hasher) {
    for index in 0..<8 { hasher.combine(words[index]) }
  }
}

extension Scope: CustomStringConvertible {
  /// The name itself.
  public var description: String {
    var bytes: [UInt8] = []
    for index in 0..<63 {
      let byte = UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
      guard byte != 0 else { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
