/// Where something stands: an index into the configuration's files, and a line from 1.
package struct Place: Hashable, Comparable, Sendable {
  let file: Int
  let line: Int

  package static func < (left: Place, right: Place) -> Bool {
    (left.file, left.line) < (right.file, right.line)
  }
}

/// A directive of nginx: its name, its arguments without quotes and escapes, and its block if it has one.
struct Directive: Sendable {
  let name: String
  let arguments: [String]
  /// Nil if it ends with a semicolon. The block of Lua code is empty.
  let block: [Directive]?
  /// Of its name.
  let place: Place

  /// The first argument.
  var value: String? { arguments.first }

  func placed(at place: Place) -> Directive {
    Directive(name: name, arguments: arguments, block: block?.map { $0.placed(at: place) }, place: place)
  }
}

/// Why a text was not read as a configuration.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  package let file: String
  /// Nil if the text as a whole is meant.
  package let line: Int?
  package let message: String

  /// `FILE:LINE: error: MESSAGE`, as compilers write it.
  package var description: String {
    "\(file)\(line.map { ":\($0)" } ?? ""): error: \(message)"
  }
}

/// What bounds the memory and the time that a text costs.
enum Limits {
  static let bytes = 64 << 20
  /// Of blocks and of includes in each other.
  static let depth = 100
  /// Also counts each repetition of a file that is included several times.
  static let directives = 500_000
  static let files = 50_000
}
