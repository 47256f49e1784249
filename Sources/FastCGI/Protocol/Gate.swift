/// Validates the bytes of one whole FastCGI request before libfcgi sees any of them.
///
/// Malformed input can make libfcgi abort, block, drop records or take other bytes for parameters. The gate
/// accepts one form only: BEGIN_REQUEST, PARAMS ended by an empty record, and for a Responder STDIN ended by an
/// empty record; one request id; exact lengths; nothing after the end.
///
/// It remembers how far it has read, so a request that arrives byte by byte is not parsed again each time.
struct Gate {
  /// The result for the bytes seen so far.
  enum Verdict: Equatable {
    /// Valid so far, and not complete.
    case incomplete
    /// GET_VALUES before a request: its `length` bytes must be answered and removed.
    case management(length: Int)
    /// The late empty STDIN of the previous Authorizer request: its `length` bytes must be removed.
    case late(length: Int)
    /// One complete request.
    case complete(Request)
    /// Not a request that bearerd accepts: close without END_REQUEST.
    case reject(Rejection)
  }

  /// A complete request in the bytes; it begins at 0.
  struct Request: Equatable {
    var id: UInt16
    var role: Role
    /// The web server's FCGI_KEEP_CONN flag.
    var keepsConnection: Bool
    /// The offset after the empty PARAMS record: all that libfcgi needs to see.
    var headLength: Int
    /// The offset after the whole request.
    var length: Int
  }

  private enum Phase {
    case begin
    case params
    case stdin
  }

  /// The maximum bytes of BEGIN_REQUEST and PARAMS together.
  static let maximumHead = 128 * 1024
  /// The maximum bytes of a Responder's STDIN; a web server has no reason to send a body.
  static let maximumBody = 64 * 1024

  private let names: ParameterNames
  /// The id of an Authorizer request just answered on this connection, whose empty STDIN may still arrive.
  private let lateStdin: UInt16?
  private var phase = Phase.begin
  private var offset = 0
  private var request = Request(id: 0, role: .responder, keepsConnection: false, headLength: 0, length: 0)
  /// The content of the only PARAMS record; nil if there is none or more than one.
  private var contiguousParams: Range<Int>?
  private var paramsRecords = 0

  /// - Parameter names: the parameters that may occur at most once.
  init(names: ParameterNames, lateStdin: UInt16? = nil) {
    self.names = names
    self.lateStdin = lateStdin
  }

  /// Continues parsing. `bytes` must begin with the bytes of the previous call.
  mutating func examine(_ bytes: Span<UInt8>) -> Verdict {
    while let header = RecordHeader(bytes, at: offset) {
      if let rejection = rejection(for: header) { return .reject(rejection) }
      let next = offset + header.recordLength
      guard next <= limit else { return .reject(phase == .stdin ? .bodyTooLong : .headTooLong) }
      if phase == .begin, header.type != RecordType.beginRequest {
        guard next <= bytes.count else { return .incomplete }
        return header.type == RecordType.getValues ? .management(length: next) : .late(length: next)
      }
      guard next <= bytes.count else { return .incomplete }
      let content = offset + RecordHeader.length..<offset + RecordHeader.length + header.contentLength
      offset = next
      if let verdict = take(header, content: content, of: bytes) { return verdict }
    }
    return .incomplete
  }

  /// Takes one complete record; returns a verdict if the request ends with it.
  private mutating func take(_ header: RecordHeader, content: Range<Int>, of bytes: Span<UInt8>) -> Verdict? {
    switch phase {
    case .begin:
      guard
        let role = Role(
          rawValue: UInt16(bytes[content.lowerBound]) << 8 | UInt16(bytes[content.lowerBound + 1]))
      else { return .reject(.unknownRole) }
      request.id = header.requestID
      request.role = role
      request.keepsConnection = bytes[content.lowerBound + 2] & 1 != 0
      phase = .params
      return nil
    case .params:
      guard header.endsStream else {
        paramsRecords += 1
        contiguousParams = paramsRecords == 1 ? content : nil
        return nil
      }
      request.headLength = offset
      if let rejection = parametersRejection(in: bytes) { return .reject(rejection) }
      phase = .stdin
      return request.role == .authorizer ? endOfAuthorizer(in: bytes) : nil
    case .stdin:
      return header.endsStream ? end(at: offset, of: bytes) : nil
    }
  }

  /// An Authorizer has no STDIN, but lighttpd sends an empty one. It is accepted, also in part, and never
  /// waited for.
  private func endOfAuthorizer(in bytes: Span<UInt8>) -> Verdict {
    guard let header = RecordHeader(bytes, at: offset) else {
      let visible = bytes.extracting(offset...)
      let stdin: [UInt8] = [1, RecordType.stdin, UInt8(request.id >> 8), UInt8(request.id & 0xff), 0, 0, 0]
      for index in visible.indices where visible[index] != stdin[index] { return .reject(.bytesAfterTheEnd) }
      return end(at: offset, of: bytes.extracting(..<offset))
    }
    guard header.version == RecordHeader.version, header.type == RecordType.stdin,
      header.requestID == request.id, header.endsStream
    else { return .reject(.bytesAfterTheEnd) }
    return end(at: offset + RecordHeader.length, of: bytes)
  }

  private func end(at length: Int, of bytes: Span<UInt8>) -> Verdict {
    guard bytes.count == length else { return .reject(.bytesAfterTheEnd) }
    var whole = request
    whole.length = length
    return .complete(whole)
  }

  private var limit: Int {
    phase == .stdin ? request.headLength + Gate.maximumBody : Gate.maximumHead
  }

  /// Whether a record with this header is allowed here; decided before its content has arrived.
  private func rejection(for header: RecordHeader) -> Rejection? {
    guard header.version == RecordHeader.version else { return .wrongVersion }
    switch (phase, header.type) {
    case (.begin, RecordType.beginRequest):
      guard header.requestID != 0 else { return .nullRequestID }
      // libfcgi misreads the padding of this one record.
      return header.contentLength == 8 && header.paddingLength == 0 ? nil : .wrongLength
    case (.begin, RecordType.getValues):
      return header.requestID == 0 ? nil : .otherRequestID
    case (.begin, RecordType.stdin):
      return header.requestID == lateStdin && header.endsStream ? nil : .unexpectedRecord
    case (.params, RecordType.params), (.stdin, RecordType.stdin):
      guard header.requestID == request.id else { return .otherRequestID }
      return header.contentLength > 0 || header.endsStream ? nil : .paddedEmptyRecord
    default:
      return .unexpectedRecord
    }
  }

  private func parametersRejection(in bytes: Span<UInt8>) -> Rejection? {
    if paramsRecords == 0 { return nil }
    if let range = contiguousParams { return names.rejection(of: bytes.extracting(range)) }
    // Pairs may cross records; only then are the records copied together.
    var joined: [UInt8] = []
    joined.reserveCapacity(request.headLength)
    var cursor = 0
    while cursor < request.headLength, let header = RecordHeader(bytes, at: cursor) {
      if header.type == RecordType.params {
        let content = bytes.extracting(
          cursor + RecordHeader.length..<cursor + RecordHeader.length + header.contentLength)
        for index in content.indices { joined.append(content[index]) }
      }
      cursor += header.recordLength
    }
    defer { joined.wipe() }
    return names.rejection(of: joined.span)
  }
}

/// Why the gate rejected a request. The raw value appears in the log.
package enum Rejection: String, CaseIterable, Sendable {
  /// A record of another version than 1.
  case wrongVersion = "wrong-version"
  /// A record that is not allowed at this place.
  case unexpectedRecord = "unexpected-record"
  /// BEGIN_REQUEST with the id 0, which belongs to management records.
  case nullRequestID = "null-request-id"
  /// A record of another request (multiplexing).
  case otherRequestID = "foreign-request-id"
  /// A role that is neither Responder nor Authorizer.
  case unknownRole = "unknown-role"
  /// BEGIN_REQUEST whose content is not eight bytes, or that is padded.
  case wrongLength = "wrong-length"
  /// A stream's empty record with padding.
  case paddedEmptyRecord = "padded-empty-record"
  /// BEGIN_REQUEST and PARAMS longer than 128 KiB.
  case headTooLong = "head-too-long"
  /// STDIN longer than 64 KiB.
  case bodyTooLong = "body-too-long"
  /// Bytes after a whole request: pipelining, or a second request.
  case bytesAfterTheEnd = "bytes-after-the-end"
  /// A name-value pair that is truncated or longer than its stream.
  case brokenPair = "broken-pair"
  /// NUL in a name or a value.
  case nulByte = "nul-byte"
  /// `=` in a name.
  case equalsInName = "equals-in-name"
  /// Two parameters of a name that bearerd reads.
  case duplicateParameter = "duplicate-parameter"
}
