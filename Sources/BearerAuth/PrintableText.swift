// Text from outside on its way to a terminal or a log: server headers, file names, arguments, answers of a daemon.

extension String {
  /// The text without anything that moves a cursor, forges a line, or hides or reorders what stands beside it. Each such
  /// character stands as its number, as in `\u{1b}`. The one function for everything that comes from outside.
  package var printable: String { printable(keepingLineEnds: false) }

  /// The same for several lines of ours, which end as they did.
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

  /// The text, or as many of its characters with `...` behind them.
  package func shortened(to length: Int) -> String {
    // A character may have any number of scalars.
    utf8.count <= length ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(length))) + "..."
  }
}

extension Unicode.Scalar {
  /// Whether a terminal shows something for it, where it stands, and nothing else happens.
  ///
  /// Not so for control characters, line and paragraph separators, direction marks and other format characters, what is
  /// ignored by default (variation selectors, Hangul fillers), private use and what is not assigned.
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
