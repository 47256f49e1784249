import BearerAuth

/// Something about a published file that its owner must know, with the place and the fix. Its text never repeats what
/// could be a secret.
package struct Finding: Error, Equatable, Sendable {
  /// How much it matters.
  package enum Severity: String, Sendable {
    /// Nothing is wrong.
    case note
    /// It may be meant so.
    case warning
    /// It must be mended.
    case error
  }

  /// The file or URL, as it was named to whoever checked it.
  package let source: String
  /// Nil where the whole is meant.
  package let position: TextPosition?
  /// How much it matters.
  package let severity: Severity
  /// What is wrong, and what to do instead.
  package let message: String

  /// About the whole of `source`, where no position is given.
  package init(_ severity: Severity, _ source: String, at position: TextPosition? = nil, _ message: String) {
    self.severity = severity
    self.source = source
    self.position = position
    self.message = message.printable
  }
}

extension Finding: CustomStringConvertible {
  /// `ai-plugin.json:7:22: error: ...`, as compilers write it, so that editors can jump there.
  package var description: String {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    return "\(source.printable)\(place): \(severity.rawValue): \(message)"
  }
}

/// The findings about one text, while it is checked. A hostile text may give rise to a million; so many are counted, and the
/// first are kept.
struct Findings {
  let source: String
  let bytes: [UInt8]
  private var found: [(offset: Int, severity: Finding.Severity, message: String)] = []
  private var counts: [String: Int] = [:]
  private var kept: [Finding.Severity: Int] = [:]
  private var omitted: [Finding.Severity: Int] = [:]

  /// How many with the same message are kept.
  static let maximumAlike = 10
  /// How many of each severity are kept.
  static let maximum = 200

  init(about bytes: [UInt8], of source: String) {
    self.source = source
    self.bytes = bytes
  }

  mutating func error(at offset: Int, _ message: String) { add(.error, at: offset, message) }
  mutating func warning(at offset: Int, _ message: String) { add(.warning, at: offset, message) }
  mutating func note(at offset: Int, _ message: String) { add(.note, at: offset, message) }

  private mutating func add(_ severity: Finding.Severity, at offset: Int, _ message: String) {
    guard kept[severity, default: 0] < Findings.maximum, counts[message, default: 0] < Findings.maximumAlike
    else {
      omitted[severity, default: 0] += 1
      return
    }
    counts[message, default: 0] += 1
    kept[severity, default: 0] += 1
    found.append((offset, severity, message))
  }

  /// In the order of the text; of two about one place the first that was found comes first. Behind them, how many more
  /// there are of each severity.
  var sorted: [Finding] {
    let inOrder = found.indices.sorted { (found[$0].offset, $0) < (found[$1].offset, $1) }.map { found[$0] }
    let positions = TextPosition.all(of: inOrder.map(\.offset), in: bytes)
    let findings = zip(inOrder, positions).map { Finding($0.severity, source, at: $1, $0.message) }
    return findings
      + [.error, .warning, .note].compactMap { severity in
        omitted[severity].map { count in
          let word = count == 1 ? severity.rawValue : "\(severity.rawValue)s"
          return Finding(
            severity, source, "\(count.groupedDigits) more \(word) are not shown; mend these first")
        }
      }
  }
}

/// A place in a text, as editors count.
package struct TextPosition: Equatable, Comparable, Sendable {
  /// From 1.
  package let line: Int
  /// In bytes, from 1.
  package let column: Int

  /// The place of a byte, counted from 0; the end of the text where there is no such byte.
  package init(of offset: Int, in bytes: [UInt8]) {
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    line = before.count { $0 == UInt8(ascii: "\n") } + 1
    column = before.count - lineStart + 1
  }

  /// The places of bytes whose numbers ascend, found in one pass.
  static func all(of offsets: [Int], in bytes: [UInt8]) -> [TextPosition] {
    var (line, lineStart, index) = (1, 0, 0)
    return offsets.map { offset in
      let end = min(offset, bytes.count)
      while index < end {
        if bytes[index] == UInt8(ascii: "\n") {
          line += 1
          lineStart = index + 1
        }
        index += 1
      }
      return TextPosition(line: line, column: end - lineStart + 1)
    }
  }

  private init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// In the order of reading.
  package static func < (left: TextPosition, right: TextPosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
