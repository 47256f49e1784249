/// One name-value pair's place in a stream of pairs (FastCGI 1.0, section 3.4).
struct NameValue: Equatable {
  var name: Range<Int>
  var value: Range<Int>

  /// Reads the pair that begins at `offset`; nil where it is cut short or longer than `bytes`.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    var cursor = offset
    guard let nameLength = NameValue.length(bytes, at: &cursor) else { return nil }
    guard let valueLength = NameValue.length(bytes, at: &cursor) else { return nil }
    // Both lengths are below 2^31, so their sum cannot overflow an Int; libfcgi's own sum can.
    guard nameLength + valueLength <= bytes.count - cursor else { return nil }
    name = cursor..<cursor + nameLength
    value = name.upperBound..<name.upperBound + valueLength
  }

  /// A length of one byte, or of four where the top bit of the first is set.
  private static func length(_ bytes: Span<UInt8>, at cursor: inout Int) -> Int? {
    guard cursor < bytes.count else { return nil }
    let first = Int(bytes[cursor])
    guard first & 0x80 != 0 else {
      cursor += 1
      return first
    }
    guard bytes.count - cursor >= 4 else { return nil }
    defer { cursor += 4 }
    return (first & 0x7f) << 24 | Int(bytes[cursor + 1]) << 16 | Int(bytes[cursor + 2]) << 8
      | Int(bytes[cursor + 3])
  }

  /// Appends one pair in the shortest form.
  static func append(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>, to bytes: inout [UInt8])
  {
    for length in [name.count, value.count] {
      if length < 0x80 {
        bytes.append(UInt8(length))
      } else {
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
        bytes[bytes.count - 4] |= 0x80
      }
    }
    bytes += name
    bytes += value
  }
}

/// The answer to GET_VALUES (FastCGI 1.0, section 4.1), which libfcgi can be killed with. HAProxy asks it.
enum Management {
  private static let names = ParameterNames(["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"])
  private static let values = ["1024", "1024", "0"]

  /// GET_VALUES_RESULT for one GET_VALUES record: each name that we know once, however often it was asked.
  /// Nil where the record's pairs are broken.
  static func reply(to record: Span<UInt8>) -> [UInt8]? {
    guard let header = RecordHeader(record, at: 0) else { return nil }
    let pairs = record.extracting(RecordHeader.length..<RecordHeader.length + header.contentLength)
    var asked = Set<Int>()
    var cursor = 0
    while cursor < pairs.count {
      guard let pair = NameValue(pairs, at: cursor) else { return nil }
      if let index = names.index(of: pairs.extracting(pair.name)) { asked.insert(index) }
      cursor = pair.value.upperBound
    }
    var content: [UInt8] = []
    for index in asked.sorted() {
      NameValue.append("\(names.names[index])".utf8, values[index].utf8, to: &content)
    }
    let padding = -content.count & 7
    let result = RecordHeader(
      type: RecordType.getValuesResult, requestID: 0, contentLength: content.count, paddingLength: padding)
    return result.bytes + content + [UInt8](repeating: 0, count: padding)
  }
}
