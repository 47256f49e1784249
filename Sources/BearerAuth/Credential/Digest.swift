/// A SHA-256 digest (FIPS 180-4): what the token file keeps of a secret.
///
/// There is one way to compare two, and it takes the same time wherever they differ.
public struct Digest: Sendable {
  /// Bytes 0 to 7 of the digest, lowest first, and so on: the layout that libcrypto writes on every machine we
  /// build for is checked by the tests' known digests.
  private var words: InlineArray<4, UInt64>

  /// Sixty-four hexadecimal digits of either case; nil for anything else.
  public init?(hex: Span<UInt8>) {
    guard hex.count == 64 else { return nil }
    words = InlineArray(repeating: 0)
    // Judged once, at the end: a branch for every digit would be mispredicted for every other one.
    var all: UInt8 = 0
    for word in 0..<4 {
      var value: UInt64 = 0
      for byte in 0..<8 {
        let high = hex[word * 16 + byte * 2].hexDigit
        let low = hex[word * 16 + byte * 2 + 1].hexDigit
        all |= high | low
        value |= UInt64(high << 4 | low) << UInt64(byte * 8)
      }
      words[word] = value
    }
    guard all < 16 else { return nil }
  }

  /// Lets `write` fill the 32 bytes; nil where it says that it could not. The pointer is good during the call only.
  init?(filledBy write: (UnsafeMutablePointer<UInt8>) -> Bool) {
    words = InlineArray(repeating: 0)
    let isFilled = withUnsafeMutableBytes(of: &words) { buffer in
      guard let start = buffer.baseAddress else { return false }
      return write(start.assumingMemoryBound(to: UInt8.self))
    }
    guard isFilled else { return nil }
    for word in 0..<4 { words[word] = UInt64(littleEndian: words[word]) }
  }

  /// Sixty-four lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = (0..<32).flatMap { index in
      let byte = UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
      return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Where an index begins to look for it.
  ///
  /// Taken as it is, without a seed: whoever fills the index writes the token file, and whoever only asks
  /// cannot choose the digests that are in it.
  var position: UInt64 { words[0] }
}

extension Digest: Hashable {
  /// In constant time: every word is looked at, and all are judged once, at the end.
  ///
  /// Not by libcrypto, which goes byte by byte: with a million tokens the processor has to wait for memory, and what it can
  /// fetch meanwhile is what follows soon.
  public static func == (left: Digest, right: Digest) -> Bool {
    var difference: UInt64 = 0
    for word in 0..<4 { difference |= left.words[word] ^ right.words[word] }
    return difference == 0
  }

  /// The first word is as evenly spread as the whole.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words[0])
  }
}
