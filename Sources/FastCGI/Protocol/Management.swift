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
