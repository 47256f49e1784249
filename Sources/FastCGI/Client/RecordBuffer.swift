/// Bytes of a connection, taken apart into records.
struct RecordBuffer {
  private var bytes: [UInt8] = []
  private var start = 0

  var isEmpty: Bool { start == bytes.count }

  mutating func append(_ more: ArraySlice<UInt8>) {
    // Less than a record is left then, so this costs no more than the bytes that come.
    bytes.removeFirst(start)
    start = 0
    bytes += more
  }

  /// The next record, header and padding included; nil until all of it has come.
  mutating func next() throws(Client.Failure) -> [UInt8]? {
    guard let header = RecordHeader(bytes.span, at: start) else { return nil }
    guard header.version == RecordHeader.version else { throw .unexpectedRecord }
    guard bytes.count - start >= header.recordLength else { return nil }
    defer { start += header.recordLength }
    return Array(bytes[start..<start + header.recordLength])
  }
}

extension ResponseMessage {
  /// Adds one whole record of the response.
  mutating func add(_ record: [UInt8]) throws(Client.Failure) {
    guard let header = RecordHeader(record.span, at: 0) else { throw .unexpectedRecord }
    switch header.type {
    case RecordType.stdout: output += record[RecordHeader.length...].prefix(header.contentLength)
    case RecordType.endRequest: isEnded = true
    default: throw .unexpectedRecord
    }
  }
}
