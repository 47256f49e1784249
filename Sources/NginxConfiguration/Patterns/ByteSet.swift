/// A set of bytes: what one element of a regular expression matches.
struct ByteSet: Equatable, Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  static let all = ByteSet { _ in true }
  static let digits = ByteSet { $0 >= 0x30 && $0 <= 0x39 }
  static let spaces = ByteSet { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
  static let wordBytes = ByteSet {
    ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F
  }

  init() {}

  init(_ isMember: (UInt8) -> Bool) {
    for byte in UInt8.min...UInt8.max where isMember(byte) { insert(byte) }
  }

  static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

  func contains(_ byte: UInt8) -> Bool {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: return words.0 & bit != 0
    case 1: return words.1 & bit != 0
    case 2: return words.2 & bit != 0
    default: return words.3 & bit != 0
    }
  }

  mutating func insert(_ byte: UInt8) {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  mutating func formUnion(_ other: ByteSet) {
    words = (
      words.0 | other.words.0, words.1 | other.words.1, words.2 | other.words.2, words.3 | other.words.3
    )
  }

  var inverted: ByteSet {
    var result = self
    result.words = (~words.0, ~words.1, ~words.2, ~words.3)
    return result
  }

  /// The set with the other case of each letter added.
  var ignoringCase: ByteSet {
    ByteSet { byte in
      let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
      return contains(byte) || (isLetter && contains(byte ^ 0x20))
    }
  }

  /// A byte of the set that is readable in a URL's path; nil if there is none.
  var example: UInt8? {
    for byte in Array("axbz01/.-_~".utf8) where contains(byte) { return byte }
    return (UInt8(0x21)...0x7E).first { contains($0) && !Array("%?#\"<>\\^`{|}".utf8).contains($0) }
  }
}
