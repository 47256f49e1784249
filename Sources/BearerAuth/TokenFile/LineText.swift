/// The text of a line before its fields are looked at: where it ends, and what no line may hold.
enum LineText {
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")

  /// The longest line, in bytes. A token line of any use has some hundreds.
  static let maximumLength = 65_536

  /// Where the line that begins at `start` ends, and whether all of it is printable ASCII, as nearly all are.
  static func end(from start: Int, in bytes: Span<UInt8>) -> (position: Int, isPlain: Bool) {
    var isPlain = true
    var position = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte == newline { break }
      if byte < 0x20 || byte > 0x7e { isPlain = false }
      position += 1
    }
    return (position, isPlain)
  }

  /// What is wrong with a line that is not plain; tabs are fine, and so is UTF-8 in a comment.
  static func check(_ line: Span<UInt8>) throws(LineProblem) {
    for index in line.indices {
      switch line[index] {
      case UInt8(ascii: "\t"), 0x20...0x7e, 0x80...: continue
      case 0: throw LineProblem(at: index, "a NUL byte: the file is damaged, or is no text in UTF-8")
      default:
        throw LineProblem(at: index, "a control character; only tabs and printable text may stand here")
      }
    }
    do {
      _ = try UTF8Span(validating: line)
    } catch {
      throw LineProblem(at: error.byteOffsets.lowerBound, "not UTF-8; save the file as UTF-8")
    }
  }
}
