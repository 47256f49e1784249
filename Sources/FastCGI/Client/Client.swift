import CLinux
import Glibc

/// A blocking connection to a FastCGI application, for bearerd's commands and tests. Not thread-safe.
package final class Client {
  /// The application closed the connection, or its response is not valid FastCGI.
  package enum Failure: Error, Equatable {
    /// The connection ended before END_REQUEST.
    case closed
    /// The timeout of a read, or of a whole response, expired.
    case timedOut
    /// The response is larger than `maximumResponse`.
    case tooLarge
    /// A record of another version, or of a type no application sends.
    case unexpectedRecord
  }

  let descriptor: Int32
  private let timeout: Int
  private var received = RecordBuffer()

  /// The largest response, in bytes, including the headers of records.
  package static let maximumResponse = 64 << 20

  /// Connects to a unix or TCP address.
  /// - Parameter timeout: how long one read or write, or a whole response, may take, in milliseconds.
  package init(connectingTo address: ListenAddress, timeout: Int = 5000) throws {
    self.timeout = timeout
    let candidates: [SocketAddress]
    switch address {
    case .unix(let path): candidates = SocketAddress(path: path).map { [$0] } ?? []
    case .tcp(let host, let port):
      candidates = SocketAddress.resolve(host: host, port: port, passive: false).addresses
    case .descriptor, .systemd: candidates = []
    }
    var failure = SystemError("connect \(address)", code: EADDRNOTAVAIL)
    for candidate in candidates {
      let descriptor = Socket.open(family: candidate.family, nonblocking: false)
      for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        Client.limit(option, of: descriptor, milliseconds: timeout)
      }
      if descriptor >= 0, candidate.connect(descriptor) {
        self.descriptor = descriptor
        return
      }
      failure = SystemError("connect \(address)")
      close(descriptor)
    }
    throw failure
  }

  deinit { close(descriptor) }

  /// Whether the peer is on this machine: a unix socket, or a connection over loopback.
  package var isLocal: Bool { SocketAddress(peerOf: descriptor)?.isLocal == true }

  /// Sends all bytes, unchanged.
  package func send(_ bytes: [UInt8]) throws {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw SystemError("send") }
      start += count
    }
  }

  /// Tells the application that nothing more will be sent; reading is still possible.
  package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Sends one request and reads its response.
  package func response(to request: RequestMessage) throws -> ResponseMessage {
    try send(request.bytes)
    return try readResponse()
  }

  /// Reads records up to END_REQUEST.
  package func readResponse() throws -> ResponseMessage {
    let end = SystemClock.monotonicMilliseconds() + UInt64(max(0, timeout))
    defer { Client.limit(SO_RCVTIMEO, of: descriptor, milliseconds: timeout) }
    var response = ResponseMessage()
    var size = 0
    while !response.isEnded {
      if let record = try received.next() {
        size += record.count
        guard size <= Client.maximumResponse else { throw Failure.tooLarge }
        try response.add(record)
        continue
      }
      // A peer that sends single bytes slowly must not block this forever.
      let now = SystemClock.monotonicMilliseconds()
      guard now < end else { throw Failure.timedOut }
      Client.limit(SO_RCVTIMEO, of: descriptor, milliseconds: Int(end - now))
      guard try readMore() else { throw Failure.closed }
    }
    return response
  }

  /// Reads one whole record, header and padding included.
  package func readRecord() throws -> [UInt8] {
    while true {
      if let record = try received.next() { return record }
      guard try readMore() else { throw Failure.closed }
    }
  }

  /// Whether the application closes the connection without another byte before the timeout.
  package func isClosedByPeer() throws -> Bool {
    received.isEmpty ? try !readMore() : false
  }

  private func readMore() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    let count = Socket.receive(descriptor, into: &chunk)
    if count < 0, errno == EAGAIN { throw Failure.timedOut }
    // A reset is an end too: the peer closed before it had read all of our bytes.
    received.append(chunk[..<max(0, count)])
    return count > 0
  }

  private static func limit(_ option: Int32, of descriptor: Int32, milliseconds: Int) {
    var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
  }
}

/// A request as a web server sends it.
package struct RequestMessage: Sendable {
  /// The role that the application has.
  package var role: Role
  /// The FastCGI request id, not 0.
  package var id: UInt16
  /// The FCGI_KEEP_CONN flag.
  package var keepsConnection: Bool
  /// Names and values, in the order sent.
  package var parameters: [(name: String, value: [UInt8])]

  /// A request with no body.
  package init(
    role: Role = .responder, id: UInt16 = 1, keepsConnection: Bool = false,
    parameters: [(name: String, value: [UInt8])] = []
  ) {
    self.role = role
    self.id = id
    self.keepsConnection = keepsConnection
    self.parameters = parameters
  }

  /// The records, ready to be sent. A Responder's ends with an empty STDIN; an Authorizer's has none.
  package var bytes: [UInt8] {
    var pairs: [UInt8] = []
    for (name, value) in parameters { NameValue.append(name.utf8, value, to: &pairs) }
    let flags: UInt8 = keepsConnection ? 1 : 0
    var bytes = record(RecordType.beginRequest, [0, UInt8(role.rawValue), flags, 0, 0, 0, 0, 0])
    for start in stride(from: 0, to: pairs.count, by: RecordHeader.maximumContent) {
      bytes += record(RecordType.params, pairs[start..<min(start + RecordHeader.maximumContent, pairs.count)])
    }
    bytes += record(RecordType.params, [])
    return role == .responder ? bytes + record(RecordType.stdin, []) : bytes
  }

  private func record(_ type: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
    RecordHeader(type: type, requestID: id, contentLength: content.count).bytes + content
  }
}

/// The response to one request.
package struct ResponseMessage: Equatable, Sendable {
  /// The contents of all STDOUT records.
  package var output: [UInt8] = []
  /// Whether END_REQUEST was received. Otherwise `output` must not be used.
  package var isEnded = false

  package init(output: [UInt8] = [], isEnded: Bool = false) {
    self.output = output
    self.isEnded = isEnded
  }

  /// The code of the `Status:` line, which bearerd always sends first; nil if there is none.
  package var status: Int? {
    header("Status").flatMap { Int($0.prefix(3)) }
  }

  /// The value of the first header line with this name.
  package func header(_ name: String) -> String? {
    for line in head {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else {
        continue
      }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }

  /// The text after the header block's empty line.
  package var body: String {
    guard let end = headEnd else { return "" }
    return String(decoding: output[(end + 4)...], as: UTF8.self)
  }

  private var head: [Substring] {
    guard let end = headEnd else { return [] }
    return String(decoding: output[..<end], as: UTF8.self).split(separator: "\r\n")
  }

  private var headEnd: Int? {
    let end: [UInt8] = [13, 10, 13, 10]
    return output.indices.first { output[$0...].starts(with: end) }
  }
}

/// Splits the bytes of a connection into records.
struct RecordBuffer {
  private var bytes: [UInt8] = []
  private var start = 0

  var isEmpty: Bool { start == bytes.count }

  mutating func append(_ more: ArraySlice<UInt8>) {
    // Less than a record remains here, so moving it costs no more than the new bytes.
    bytes.removeFirst(start)
    start = 0
    bytes += more
  }

  /// The next record, header and padding included; nil until it is complete.
  mutating func next() throws(Client.Failure) -> [UInt8]? {
    guard let header = RecordHeader(bytes.span, at: start) else { return nil }
    guard header.version == RecordHeader.version else { throw .unexpectedRecord }
    guard bytes.count - start >= header.recordLength else { return nil }
    defer { start += header.recordLength }
    return Array(bytes[start..<start + header.recordLength])
  }
}

extension ResponseMessage {
  /// Adds one complete record of the response.
  mutating func add(_ record: [UInt8]) throws(Client.Failure) {
    guard let header = RecordHeader(record.span, at: 0) else { throw .unexpectedRecord }
    switch header.type {
    case RecordType.stdout: output += record[RecordHeader.length...].prefix(header.contentLength)
    case RecordType.endRequest: isEnded = true
    default: throw .unexpectedRecord
    }
  }
}
