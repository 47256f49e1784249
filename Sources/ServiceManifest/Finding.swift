/// Something about a published file that its owner must know, with the place and the fix. Its text never repeats what
/// could be a secret.
public struct Finding: Error, Equatable, Sendable {
  /// How much it matters.
  public enum Severity: String, Sendable {
    /// Nothing is wrong.
    case note
    /// It may be meant so.
    case warning
    /// It must be mended.
    case error
  }

  /// The file or URL, as it was named to whoever checked it.
  public let source: String
  /// Nil where the whole is meant.
  public let position: TextPosition?
  /// How much it matters.
  public let severity: Severity
  /// What is wrong, and what to do instead.
  public let message: String

  /// About the whole of `source`, where no position is given.
  public init(_ severity: Severity, _ source: String, at position: TextPosition? = nil, _ message: String) {
    self.severity = severity
    self.source = source
    self.position = position
    self.message = Finding.printable(message)
  }

  /// A text that others wrote, for a terminal: without what would move its cursor or turn its lines around.
  public static func printable(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: Unicode.Scalar(0xfffd) ?? scalar
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }
}

extension Finding: CustomStringConvertible {
  /// `ai-plugin.json:7:22: error: ...`, as compilers write it, so that editors can jump there.
  public var description: String {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    return "\(source)\(place): \(severity.rawValue): \(message)"
  }
}

/// The findings about one text, while it is checked.
struct Findings {
  let source: String
  let bytes: [UInt8]
  private var found: [Finding] = []

  init(about bytes: [UInt8], of source: String) {
    self.source = source
    self.bytes = bytes
  }

  mutating func error(at offset: Int, _ message: String) { add(.error, at: offset, message) }
  mutating func warning(at offset: Int, _ message: String) { add(.warning, at: offset, message) }
  mutating func note(at offset: Int, _ message: String) { add(.note, at: offset, message) }

  private mutating func add(_ severity: Finding.Severity, at offset: Int, _ message: String) {
    found.append(Finding(severity, source, at: TextPosition(of: offset, in: bytes), message))
  }

  /// In the order of the text.
  var sorted: [Finding] {
    // A stable sort: of two about one place the first that was found comes first.
    found.enumerated().sorted { left, right in
      guard let a = left.element.position, let b = right.element.position, a != b else {
        return left.offset < right.offset
      }
      return a < b
    }.map(\.element)
  }
}
