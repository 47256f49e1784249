/// A line's fields, one after the other: what stands between spaces and tabs, up to a `#` that begins a field.
///
/// Ranges, not slices: a Span may not be stored.
struct Fields {
  private var position = 0

  /// The place of the next field, or nil behind the last.
  mutating func next(in line: Span<UInt8>) -> Range<Int>? {
    while position < line.count, line[position].isBlank { position += 1 }
    guard position < line.count, line[position] != UInt8(ascii: "#") else { return nil }
    let start = position
    while position < line.count, !line[position].isBlank { position += 1 }
    return start..<position
  }
}

/// The items of a list `a,b,c`, one after the other; an empty list has one item, which is empty.
struct ListItems {
  private var position: Int?
  private let end: Int

  init(in range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// The place of the next item, or nil behind the last.
  mutating func next(in line: Span<UInt8>) -> Range<Int>? {
    guard let start = position else { return nil }
    var comma = start
    while comma < end, line[comma] != UInt8(ascii: ",") { comma += 1 }
    position = comma < end ? comma + 1 : nil
    return start..<comma
  }
}
