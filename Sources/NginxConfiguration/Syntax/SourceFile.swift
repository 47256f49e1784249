/// A file of the configuration: a part of the text that was given.
struct SourceFile: Sendable {
  let name: String
  let range: Range<Int>

  private static let mark = Array("# configuration file ".utf8)
  private static let chatter = Array("nginx: ".utf8)

  /// The files in what `nginx -T` prints; a text without its marks is one file.
  /// - Parameter name: what to call such a text.
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
        // Not what `nginx -T` prints; `2>&1` puts nginx's own messages before the first mark.
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
