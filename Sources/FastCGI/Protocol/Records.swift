import Glibc

/// The types of FastCGI records that bearerd reads or writes (FastCGI 1.0, section 8).
enum RecordType {
  static let beginRequest: UInt8 = 1
  static let endRequest: UInt8 = 3
  static let params: UInt8 = 4
  static let stdin: UInt8 = 5
  static let stdout: UInt8 = 6
  static let getValues: UInt8 = 9
  static let getValuesResult: UInt8 = 10
}

/// The role that the web server requests (FastCGI 1.0, section 6). A Filter is never answered.
package enum Role: UInt16, Sendable {
  /// The web server wants a whole response: nginx, Caddy, mod_fcgid's handler.
  case responder = 1
  /// The web server asks for authorization only: lighttpd's authorizer mode and both Apache modules.
  case authorizer = 2
}

/// The eight bytes before every record's content (FastCGI 1.0, section 3.3).
struct RecordHeader {
  static let length = 8
  static let version: UInt8 = 1
  /// The maximum content of one record, in bytes.
  static let maximumContent = 65_535

  var version = RecordHeader.version
  var type: UInt8
  var requestID: UInt16
  var contentLength: Int
  var paddingLength = 0

  /// Header, content and padding together, in bytes.
  var recordLength: Int { RecordHeader.length + contentLength + paddingLength }

  /// An empty record ends its stream. libfcgi miscounts one with padding, so padding is not allowed.
  var endsStream: Bool { contentLength == 0 && paddingLength == 0 }

  init(type: UInt8, requestID: UInt16, contentLength: Int, paddingLength: Int = 0) {
    self.type = type
    self.requestID = requestID
    self.contentLength = contentLength
    self.paddingLength = paddingLength
  }

  /// Parses the header at `offset`; nil if there are fewer than eight bytes.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    guard bytes.count - offset >= RecordHeader.length else { return nil }
    version = bytes[offset]
    type = bytes[offset + 1]
    requestID = UInt16(bytes[offset + 2]) << 8 | UInt16(bytes[offset + 3])
    contentLength = Int(bytes[offset + 4]) << 8 | Int(bytes[offset + 5])
    paddingLength = Int(bytes[offset + 6])
  }

  /// The eight bytes on the wire.
  var bytes: [UInt8] {
    [
      version, type, UInt8(requestID >> 8), UInt8(requestID & 0xff),
      UInt8(contentLength >> 8), UInt8(contentLength & 0xff), UInt8(paddingLength), 0,
    ]
  }
}

/// The records of a response that is too long for libfcgi to send in one write.
enum ResponseRecords {
  /// The maximum content of one record without padding: multiples of eight keep the next header aligned.
  private static let maximumContent = RecordHeader.maximumContent & ~7

  /// STDOUT records with all of `output`, the empty record that ends them, and END_REQUEST with the application
  /// status 0 and FCGI_REQUEST_COMPLETE (FastCGI 1.0, sections 5.3 and 5.5).
  static func bytes(of output: [UInt8], requestID: UInt16) -> [UInt8] {
    func header(_ type: UInt8, _ length: Int) -> [UInt8] {
      RecordHeader(type: type, requestID: requestID, contentLength: length).bytes
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(output.count + (output.count / maximumContent + 4) * RecordHeader.length)
    for start in stride(from: 0, to: output.count, by: maximumContent) {
      let content = output[start..<min(start + maximumContent, output.count)]
      bytes += header(RecordType.stdout, content.count)
      bytes += content
    }
    bytes += header(RecordType.stdout, 0)
    bytes += header(RecordType.endRequest, 8)
    return bytes + [UInt8](repeating: 0, count: 8)
  }
}

/// The ranges of one name-value pair in a stream of pairs (FastCGI 1.0, section 3.4).
struct NameValue: Equatable {
  var name: Range<Int>
  var value: Range<Int>

  /// Parses the pair at `offset`; nil if it is truncated or longer than `bytes`.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    var cursor = offset
    guard let nameLength = NameValue.length(bytes, at: &cursor) else { return nil }
    guard let valueLength = NameValue.length(bytes, at: &cursor) else { return nil }
    // Both lengths are below 2^31, so their sum cannot overflow an Int; libfcgi's own sum can.
    guard nameLength + valueLength <= bytes.count - cursor else { return nil }
    name = cursor..<cursor + nameLength
    value = name.upperBound..<name.upperBound + valueLength
  }

  /// A length of one byte, or of four if the top bit of the first is set.
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

  /// Appends one pair in its shortest form.
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

/// The response to GET_VALUES (FastCGI 1.0, section 4.1), which can crash libfcgi. HAProxy sends it.
enum Management {
  private static let names = ParameterNames(["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"])
  private static let values = ["1024", "1024", "0"]

  /// GET_VALUES_RESULT for one GET_VALUES record: each known name once, however often it was requested.
  /// Nil if the record's pairs are malformed.
  static func reply(to record: Span<UInt8>) -> [UInt8]? {
    guard let header = RecordHeader(record, at: 0) else { return nil }
    let pairs = record.extracting(RecordHeader.length..<RecordHeader.length + header.contentLength)
    var requested = Set<Int>()
    var cursor = 0
    while cursor < pairs.count {
      guard let pair = NameValue(pairs, at: cursor) else { return nil }
      if let index = names.index(of: pairs.extracting(pair.name)) { requested.insert(index) }
      cursor = pair.value.upperBound
    }
    var content: [UInt8] = []
    for index in requested.sorted() {
      NameValue.append("\(names.names[index])".utf8, values[index].utf8, to: &content)
    }
    let padding = -content.count & 7
    let result = RecordHeader(
      type: RecordType.getValuesResult, requestID: 0, contentLength: content.count, paddingLength: padding)
    return result.bytes + content + [UInt8](repeating: 0, count: padding)
  }
}

extension Span where Element == UInt8 {
  func contains(_ byte: UInt8) -> Bool {
    withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return memchr(start, Int32(byte), buffer.count) != nil
    }
  }

  /// Not for secrets: it stops at the first difference. `count` must not exceed the count of the span.
  func begins(with other: UnsafePointer<UInt8>, count: Int) -> Bool {
    withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { memcmp($0, other, count) == 0 } ?? (count == 0)
    }
  }
}

extension [UInt8] {
  /// Overwrites the first `length` bytes, or all, so that a secret does not remain in freed memory.
  package mutating func wipe(first length: Int = .max) {
    withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      explicit_bzero(start, Swift.min(length, buffer.count))
    }
  }

  /// Appends without leaving a copy of the old content in freed memory, as a growing array does.
  mutating func appendTracelessly(_ bytes: UnsafeBufferPointer<UInt8>) {
    if capacity - count < bytes.count {
      var larger: [UInt8] = []
      larger.reserveCapacity(Swift.max(count + bytes.count, 2 * capacity))
      larger += self
      swap(&larger, &self)
      larger.wipe()
    }
    self += bytes
  }
}
