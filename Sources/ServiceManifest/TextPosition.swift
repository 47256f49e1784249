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

  /// In the order of reading.
  public static func < (left: TextPosition, right: TextPosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
