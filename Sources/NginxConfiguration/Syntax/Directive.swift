/// A position: an index into the configuration's files, and a line from 1.
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
  /// The position of its name.
  let place: Place

  /// The first argument.
  var value: String? { arguments.first }

  func placed(at place: Place) -> Directive {
    Directive(name: name, arguments: arguments, block: block?.map { $0.placed(at: place) }, place: place)
  }
}

/// Why a text could not be parsed as a configuration.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  package let file: String
  /// Nil for the text as a whole.
  package let line: Int?
  package let message: String

  /// `FILE:LINE: error: MESSAGE`, the format of compilers.
  package var description: String {
    "\(file)\(line.map { ":\($0)" } ?? ""): error: \(message)"
  }
}

/// Limits on the memory and time for a text.
enum Limits {
  static let bytes = 64 << 20
  /// The depth of nested blocks and includes.
  static let depth = 100
  /// Includes repetitions of a file that is included several times.
  static let directives = 500_000
  static let files = 50_000
}

/// One name of a comment `# bearerd: allow NAME`, and the line whose findings of this name it suppresses.
///
/// The comment follows a directive, or is on a line of its own above it.
struct Suppression: Hashable, Sendable {
  let name: String
  let place: Place

  private static let space = UInt8(ascii: " ")

  /// The names in a comment; none if it is another comment.
  static func names(in comment: ArraySlice<UInt8>) -> [String] {
    // Fast path: most comments are others.
    guard comment.contains(UInt8(ascii: ":")), comment.count < 1000 else { return [] }
    let words = comment.drop { $0 == UInt8(ascii: "#") }.split {
      [space, UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: ",")].contains($0)
    }.map { String(decoding: $0, as: UTF8.self) }
    guard words.count > 2, words[0] == "bearerd:", words[1] == "allow" else { return [] }
    return Array(words[2...])
  }
}

/// A file of the configuration: a part of the input.
struct SourceFile: Sendable {
  let name: String
  let range: Range<Int>

  private static let mark = Array("# configuration file ".utf8)
  private static let chatter = Array("nginx: ".utf8)

  /// The files in the output of `nginx -T`; a text without its marks is one file.
  /// - Parameter name: the name of such a text.
  static func split(_ bytes: [UInt8], name: String) throws(ConfigurationError) -> (
    files: [SourceFile], isDump: Bool
  ) {
    var files: [SourceFile] = []
    var current: (name: String, start: Int)?
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if let marked = marked(bytes[start..<end]) {
        if let current { files.append(SourceFile(name: current.name, range: current.start..<start)) }
        guard files.count < Limits.files else {
          throw ConfigurationError(file: name, line: nil, message: "more than \(Limits.files) files")
        }
        current = (marked, min(end + 1, bytes.count))
      } else if current == nil, !bytes[start..<end].starts(with: chatter) {
        // Not an output of `nginx -T`; with `2>&1`, nginx's messages come before the first mark.
        return ([SourceFile(name: name, range: 0..<bytes.count)], false)
      }
      start = end + 1
    }
    guard let current else { return ([SourceFile(name: name, range: 0..<bytes.count)], false) }
    files.append(SourceFile(name: current.name, range: current.start..<bytes.count))
    return (files, true)
  }

  /// The path in `# configuration file PATH:`.
  private static func marked(_ line: ArraySlice<UInt8>) -> String? {
    var line = line
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard line.starts(with: mark), line.last == UInt8(ascii: ":"), line.count > mark.count + 1 else {
      return nil
    }
    return String(decoding: line.dropFirst(mark.count).dropLast(), as: UTF8.self)
  }
}

/// A configuration of nginx as one tree: the output of `nginx -T`, or one file.
package struct ConfigurationText: Sendable {
  /// The maximum size.
  package static let maximumLength = Limits.bytes

  /// The paths of the files; places refer to them by index.
  package let files: [String]
  let directives: [Directive]
  let suppressions: [Suppression]
  /// Directives `include` whose files are not part of the input.
  let unresolved: [Directive]

  /// - Parameters:
  ///   - bytes: the output of `nginx -T`, or a file of nginx.
  ///   - name: the name of a text that is not an output of `nginx -T`.
  package init(parsing bytes: [UInt8], name: String) throws(ConfigurationError) {
    guard bytes.count <= Limits.bytes else {
      throw ConfigurationError(file: name, line: nil, message: "more than \(Limits.bytes >> 20) MiB")
    }
    let (sources, isDump) = try SourceFile.split(bytes, name: name)
    var expansion = IncludeExpansion(bytes, sources, isDump: isDump)
    directives = try expansion.expanded()
    files = sources.map(\.name)
    suppressions = expansion.suppressions
    unresolved = expansion.unresolved
    guard
      directives.contains(where: { ["http", "server", "location", "upstream", "events"].contains($0.name) })
    else {
      throw ConfigurationError(
        file: files[0], line: nil,
        message: "this is not a configuration of nginx: it has neither an http nor a server block")
    }
  }

  /// A text without a file name, for tests.
  init(_ text: String) throws(ConfigurationError) {
    try self.init(parsing: Array(text.utf8), name: "nginx.conf")
  }

  /// `FILE:LINE`
  package func description(of place: Place) -> String { "\(files[place.file]):\(place.line)" }
}
