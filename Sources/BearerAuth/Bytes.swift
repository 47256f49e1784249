extension UInt8 {
  package var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isLower: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  var isUpper: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
  package var isLetter: Bool { isLower || isUpper }
  package var isAlphanumeric: Bool { isDigit || isLetter }

  /// A character that separates the fields of a token file.
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

  package var lowered: UInt8 { isUpper ? self | 0x20 : self }

  /// 0 to 15, or nil if this is not a hexadecimal digit of either case.
  package var hexValue: UInt8? {
    let digit = self &- UInt8(ascii: "0")
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    return digit < 10 ? digit : letter < 6 ? letter + 10 : nil
  }
}

extension Span where Element == UInt8 {
  /// Not for secrets: it stops at the first difference.
  package func elementsEqual(_ text: StaticString) -> Bool {
    text.utf8CodeUnitCount == count && hasPrefix(text)
  }

  /// Not for secrets: it stops at the first difference.
  package func hasPrefix(_ text: StaticString) -> Bool {
    guard text.utf8CodeUnitCount <= count else { return false }
    return text.withUTF8Buffer { prefix in
      for index in prefix.indices where self[index] != prefix[index] { return false }
      return true
    }
  }

  /// Not for secrets: it stops at the first difference.
  func elementsEqual(_ other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = start
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// Sixteen at once: with a loop over the bytes, counting lines takes a tenth of the time of loading a million tokens.
  func occurrences(of byte: UInt8) -> Int {
    let sought = SIMD16(repeating: byte)
    var total = 0
    var position = 0
    while position + 16 <= count {
      // Each lane holds one byte, and so at most 255 occurrences.
      var lanes = SIMD16<UInt8>()
      let end = Swift.min(count - 15, position + 255 * 16)
      while position < end {
        let next = bytes.unsafeLoadUnaligned(fromByteOffset: position, as: SIMD16<UInt8>.self)
        lanes.replace(with: lanes &+ 1, where: next .== sought)
        position += 16
      }
      total += Int(SIMD16<UInt16>(truncatingIfNeeded: lanes).wrappedSum())
    }
    while position < count {
      if self[position] == byte { total += 1 }
      position += 1
    }
    return total
  }

  /// Whether none of the eight bytes from `position` is below `least`, which is at most 0x80, or above 0x7e. One by one,
  /// the bytes cost a sixth of the time of loading a million tokens.
  func hasOnlyText(at position: Int, from least: UInt8) -> Bool {
    let word = bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
    let ones: UInt64 = 0x0101_0101_0101_0101
    // A byte below `least` borrows into its highest bit; 0x7f carries into it; 0x80 and above have it.
    let below = (word &- ones &* UInt64(least)) & ~word
    let above = (word &+ ones) | word
    return (below | above) & (ones &* 0x80) == 0
  }

  package var array: [UInt8] {
    withUnsafeBufferPointer { Array($0) }
  }

  /// ASCII bytes as text; any other bytes are repaired.
  var asciiText: String {
    withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }

  /// The digits from `start` to `end` as a number; nil if one is not a digit. The call must bound the length.
  func decimal(from start: Int, to end: Int) -> Int? {
    guard start < end, end <= count else { return nil }
    var value = 0
    for index in start..<end {
      guard self[index].isDigit else { return nil }
      value = value * 10 + Int(self[index] - UInt8(ascii: "0"))
    }
    return value
  }
}

/// Suggests the word that was probably meant.
package enum Spelling {
  /// In bytes. Longer words are not typing errors.
  private static let maximumLength = 256

  /// The word among `words` with the fewest changes from `word`; nil if every word needs more than two, or more
  /// than a third of the letters of `word`.
  package static func nearest(to word: String, among words: [String]) -> String? {
    // The distance is at least the difference in length. Words from outside may be megabytes long.
    let near = words.filter { abs($0.utf8.count - word.utf8.count) <= 2 && $0.utf8.count <= maximumLength }
    let distances = near.map { (word: $0, distance: distance(from: word, to: $0)) }
    guard let nearest = distances.min(by: { $0.distance < $1.distance }),
      nearest.distance <= min(2, max(1, word.utf8.count / 3))
    else { return nil }
    return nearest.word
  }

  /// The number of letters to insert, delete, change, or swap with their neighbour (the restricted
  /// Damerau-Levenshtein distance), ignoring case.
  static func distance(from first: String, to second: String) -> Int {
    let first = first.utf8.map(\.lowered)
    let second = second.utf8.map(\.lowered)
    var rows = [Array(0...second.count)]
    for row in first.indices {
      var current = [row + 1]
      for column in second.indices {
        let change = rows[row][column] + (first[row] == second[column] ? 0 : 1)
        var least = min(change, rows[row][column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          least = min(least, rows[row - 1][column - 1] + 1)
        }
        current.append(least)
      }
      rows.append(current)
    }
    return rows[first.count][second.count]
  }
}

// Text from outside for a terminal or a log: server headers, file names, arguments, responses of a daemon.

extension String {
  /// The text with each unprintable character replaced by its code, as in `\u{1b}`: nothing that moves a
  /// cursor, forges a line, or hides or reorders other text. All text from outside is printed through this
  /// function.
  package var printable: String { printable(keepingLineEnds: false) }

  /// The same for several lines; keeps `\n` if `keepingLineEnds`.
  package func printable(keepingLineEnds: Bool) -> String {
    let isPlain = utf8.allSatisfy { (0x20...0x7e).contains($0) || keepingLineEnds && $0 == 0x0a }
    guard !isPlain else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      if scalar.isPrintable || keepingLineEnds && scalar == "\n" {
        text.unicodeScalars.append(scalar)
      } else {
        text += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
  }

  /// The text, or its first `length` characters and `...`.
  package func shortened(to length: Int) -> String {
    // A character may have any number of scalars, so scalars are counted.
    utf8.count <= length ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(length))) + "..."
  }
}

extension Unicode.Scalar {
  /// Whether a terminal shows it in its place and does nothing else.
  ///
  /// False for control characters, line and paragraph separators, direction marks and other format characters,
  /// default-ignorable characters (variation selectors, Hangul fillers), private use and unassigned characters.
  package var isPrintable: Bool {
    guard value > 0x7e else { return value >= 0x20 }
    guard !properties.isDefaultIgnorableCodePoint else { return false }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
      return false
    default: return true
    }
  }
}

extension Int {
  /// `12,301`
  package var groupedDigits: String {
    let digits = Array(String(self))
    return digits.indices.reduce(into: "") { text, index in
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digits[index])
    }
  }
}
