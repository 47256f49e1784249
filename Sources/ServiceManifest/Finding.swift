import BearerAuth

/// An error, warning or note about a published file, with the place and the fix. Its text never repeats what
/// could be a secret.
package struct Finding: Error, Equatable, Sendable {
  /// The severity.
  package enum Severity: String, Sendable {
    /// Information only.
    case note
    /// Possibly intended.
    case warning
    /// Must be fixed.
    case error
  }

  /// The file or URL, as given.
  package let source: String
  /// Nil for the whole text.
  package let position: TextPosition?
  /// The severity.
  package let severity: Severity
  /// The problem, and the fix.
  package let message: String

  /// About the whole of `source` by default.
  package init(_ severity: Severity, _ source: String, at position: TextPosition? = nil, _ message: String) {
    self.severity = severity
    self.source = source
    self.position = position
    self.message = message.printable
  }
}

extension Finding: CustomStringConvertible {
  /// `ai-plugin.json:7:22: error: ...`, the format of compilers, so editors can jump there.
  package var description: String {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    return "\(source.printable)\(place): \(severity.rawValue): \(message)"
  }
}

/// The findings about one text during a check. A hostile text may cause a million; the first are kept, the rest
/// counted.
struct Findings {
  let source: String
  let bytes: [UInt8]
  private var found: [(offset: Int, severity: Finding.Severity, message: String)] = []
  private var counts: [String: Int] = [:]
  private var kept: [Finding.Severity: Int] = [:]
  private var omitted: [Finding.Severity: Int] = [:]

  /// The maximum number with the same message.
  static let maximumAlike = 10
  /// The maximum number of each severity.
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

  /// In the order of the text; two at one place, in the order they were found. At the end, the number of
  /// omitted ones of each severity.
  var sorted: [Finding] {
    let inOrder = found.indices.sorted { (found[$0].offset, $0) < (found[$1].offset, $1) }.map { found[$0] }
    let positions = TextPosition.all(of: inOrder.map(\.offset), in: bytes)
    let findings = zip(inOrder, positions).map { Finding($0.severity, source, at: $1, $0.message) }
    return findings
      + [.error, .warning, .note].compactMap { severity in
        omitted[severity].map { count in
          let word = count == 1 ? severity.rawValue : "\(severity.rawValue)s"
          return Finding(
            severity, source, "\(count.groupedDigits) more \(word) not shown; fix these first")
        }
      }
  }
}

/// A line and column, as in editors.
package struct TextPosition: Equatable, Comparable, Sendable {
  /// From 1.
  package let line: Int
  /// In bytes, from 1.
  package let column: Int

  /// The position of a byte, counted from 0; the end of the text if there is no such byte.
  package init(of offset: Int, in bytes: [UInt8]) {
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    line = before.count { $0 == UInt8(ascii: "\n") } + 1
    column = before.count - lineStart + 1
  }

  /// The positions of ascending byte offsets, found in one pass.
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

  /// In reading order.
  package static func < (left: TextPosition, right: TextPosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
