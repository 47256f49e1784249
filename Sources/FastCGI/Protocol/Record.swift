/// The types of FastCGI records we read or write (FastCGI 1.0, section 8).
enum RecordType {
  static let beginRequest: UInt8 = 1
  static let endRequest: UInt8 = 3
  static let params: UInt8 = 4
  static let stdin: UInt8 = 5
  static let stdout: UInt8 = 6
  static let getValues: UInt8 = 9
  static let getValuesResult: UInt8 = 10
}

/// What a front asks of us (FastCGI 1.0, section 6). A Filter is never answered.
public enum Role: UInt16, Sendable {
  /// The front wants a whole response: nginx, Caddy, mod_fcgid's handler.
  case responder = 1
  /// The front asks whether a request may pass: lighttpd's authorizer mode and both Apache modules.
  case authorizer = 2
}

/// The eight bytes before every record's content (FastCGI 1.0, section 3.3).
struct RecordHeader {
  static let length = 8
  static let version: UInt8 = 1
  /// The most content one record can hold, in bytes.
  static let maximumContent = 65_535

  var version = RecordHeader.version
  var type: UInt8
  var requestID: UInt16
  var contentLength: Int
  var paddingLength = 0

  /// Header, content and padding together, in bytes.
  var recordLength: Int { RecordHeader.length + contentLength + paddingLength }

  /// An empty record ends its stream. libfcgi miscounts one that carries padding, so it must carry none.
  var endsStream: Bool { contentLength == 0 && paddingLength == 0 }

  init(type: UInt8, requestID: UInt16, contentLength: Int, paddingLength: Int = 0) {
    self.type = type
    self.requestID = requestID
    self.contentLength = contentLength
    self.paddingLength = paddingLength
  }

  /// Reads the header that begins at `offset`; nil where fewer than eight bytes are there.
  init?(_ bytes: Span<UInt8>, at offset: Int) {
    guard bytes.count - offset >= RecordHeader.length else { return nil }
    version = bytes[offset]
    type = bytes[offset + 1]
    requestID = UInt16(bytes[offset + 2]) << 8 | UInt16(bytes[offset + 3])
    contentLength = Int(bytes[offset + 4]) << 8 | Int(bytes[offset + 5])
    paddingLength = Int(bytes[offset + 6])
  }

  /// The eight bytes as they go out.
  var bytes: [UInt8] {
    [
      version, type, UInt8(requestID >> 8), UInt8(requestID & 0xff),
      UInt8(contentLength >> 8), UInt8(contentLength & 0xff), UInt8(paddingLength), 0,
    ]
  }
}

/// A response as records of our own, where it is too long for libfcgi to send it in one write.
enum ResponseRecords {
  /// The most content of one record that needs no padding: lengths of eight keep the next header aligned.
  private static let maximumContent = RecordHeader.maximumContent & ~7

  /// STDOUT records with all of `output`, the empty one that ends them, and END_REQUEST with the application's
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
