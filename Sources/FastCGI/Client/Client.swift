import CLinux
import Glibc

/// A blocking connection to a FastCGI application, for our own tools and tests. Not thread-safe.
public final class Client {
  /// The application closed the connection, or answered with what is no FastCGI.
  public enum Failure: Error, Equatable {
    /// The connection ended before END_REQUEST.
    case closed
    /// The time set for a read, or for a whole response, ran out.
    case timedOut
    /// More came than `maximumResponse`.
    case tooLarge
    /// A record of another version, or of a type no application sends.
    case unexpectedRecord
  }

  let descriptor: Int32
  private let timeout: Int
  private var received = RecordBuffer()

  /// The most bytes of one response, headers of records included.
  public static let maximumResponse = 64 << 20

  /// Connects to a unix or TCP address.
  /// - Parameter timeout: how long one read or write, or a whole response, may take, in milliseconds.
  public init(connectingTo address: ListenAddress, timeout: Int = 5000) throws {
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
  public var isLocal: Bool { SocketAddress(peerOf: descriptor)?.isLocal == true }

  /// Sends bytes as they are, all of them.
  public func send(_ bytes: [UInt8]) throws {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw SystemError("send") }
      start += count
    }
  }

  /// Tells the application that nothing more will come, and still reads.
  public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Sends one request and reads its response.
  public func response(to request: RequestMessage) throws -> ResponseMessage {
    try send(request.bytes)
    return try readResponse()
  }

  /// Reads records up to END_REQUEST.
  public func readResponse() throws -> ResponseMessage {
    let end = Clock.monotonicMilliseconds() + UInt64(max(0, timeout))
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
      // A peer that sends a byte now and then must not hold the caller for ever.
      let now = Clock.monotonicMilliseconds()
      guard now < end else { throw Failure.timedOut }
      Client.limit(SO_RCVTIMEO, of: descriptor, milliseconds: Int(end - now))
      guard try readMore() else { throw Failure.closed }
    }
    return response
  }

  /// Reads one whole record, header and padding included.
  public func readRecord() throws -> [UInt8] {
    while true {
      if let record = try received.next() { return record }
      guard try readMore() else { throw Failure.closed }
    }
  }

  /// Whether the application closes the connection without another byte before the timeout.
  public func isClosedByPeer() throws -> Bool {
    received.isEmpty ? try !readMore() : false
  }

  private func readMore() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    let count = Socket.receive(descriptor, into: &chunk)
    if count < 0, errno == EAGAIN { throw Failure.timedOut }
    // A reset is an end too: the peer closed on bytes of ours that it had not read.
    received.append(chunk[..<max(0, count)])
    return count > 0
  }

  private static func limit(_ option: Int32, of descriptor: Int32, milliseconds: Int) {
    var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
  }
}
