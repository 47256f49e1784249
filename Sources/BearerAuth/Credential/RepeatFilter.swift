/// Rule 2 of `SecretStrength`: repetition, periods and sequences are no secrets.
enum RepeatFilter {
  private static let shortestRepeat = 5

  /// What anyone tries first.
  private static let wellKnown: [UInt8] = {
    let rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
    return Array((rows + rows.map { String($0.reversed()) }).joined(separator: " ").utf8) + [
      UInt8(ascii: " ")
    ]
  }()

  /// The secret with every stretch that stood before cut down to its first character.
  static func withoutRepeats(_ secret: Span<UInt8>) -> [UInt8] {
    var seen = wellKnown
    for index in secret.indices { seen.append(secret[index].lowered) }
    var kept: [UInt8] = []
    var position = wellKnown.count
    while position < seen.count {
      kept.append(secret[position - wellKnown.count])
      let repeated = longestRepeat(at: position, in: seen)
      position += repeated >= shortestRepeat ? repeated : 1
    }
    return kept
  }

  /// How many bytes from `position` on stand earlier too; the two may overlap, as in a run of one character.
  private static func longestRepeat(at position: Int, in bytes: [UInt8]) -> Int {
    var longest = 0
    for start in 0..<position {
      var length = 0
      while position + length < bytes.count, bytes[start + length] == bytes[position + length] { length += 1 }
      longest = max(longest, length)
    }
    return longest
  }
}
