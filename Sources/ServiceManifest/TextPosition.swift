/// A place in a text, as editors count.
public struct TextPosition: Equatable, Comparable, Sendable {
  /// From 1.
  public let line: Int
  /// In bytes, from 1.
  public let column: Int

  /// The place of a byte, counted from 0; the end of the text where there is no such byte.
  public init(of offset: Int, in bytes: [UInt8]) {
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
  public static func < (left: TextPosition, right: TextPosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
