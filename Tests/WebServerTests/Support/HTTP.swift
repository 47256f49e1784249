import Foundation
import Synchronization
import Testing

@testable import FastCGI

/// One HTTP response, as it came.
struct HTTPResponse {
  var bytes: [UInt8]

  private var text: String { String(decoding: bytes, as: UTF8.self) }

  var status: Int { Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0 }

  var body: String { text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }

  func headers(_ name: String) -> [String] {
    let head = text.components(separatedBy: "\r\n\r\n")[0].components(separatedBy: "\r\n").dropFirst()
    return head.compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      return parts.first?.lowercased() == name.lowercased() ? parts.last : nil
    }
  }
}

/// HTTP by hand, so that any byte can be sent.
struct HTTP {
  let port: UInt16

  /// Sends a request with header lines as they are; reads to the end of the connection.
  func request(_ method: String = "GET", _ path: String, lines: [[UInt8]] = [], body: [UInt8] = []) throws
    -> HTTPResponse
  {
    var bytes = Array("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".utf8)
    for line in lines { bytes += line + Array("\r\n".utf8) }
    if !body.isEmpty { bytes += Array("Content-Length: \(body.count)\r\n".utf8) }
    return HTTPResponse(bytes: try exchange(bytes + Array("\r\n".utf8) + body))
  }

  func get(_ path: String, token: String? = nil, _ extra: String...) throws -> HTTPResponse {
    let authorization = token.map { ["Authorization: Bearer \($0)"] } ?? []
    return try request("GET", path, lines: (authorization + extra).map { Array($0.utf8) })
  }

  /// A connection for the calling code to close.
  fileprivate func connect() throws -> Int32 {
    let candidate = try #require(
      SocketAddress.resolve(host: "127.0.0.1", port: port, passive: false).addresses.first)
    let descriptor = Socket.open(family: candidate.family, nonblocking: false)
    guard candidate.connect(descriptor) else {
      // No expectation: a server that is not up yet is asked again.
      defer { close(descriptor) }
      throw SystemError("connect")
    }
    return descriptor
  }

  /// Sends bytes and reads until the server closes, or until what came ends so.
  func exchange(_ bytes: [UInt8], until end: [UInt8]? = nil) throws -> [UInt8] {
    let descriptor = try connect()
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // A server may refuse before it has read everything; its answer is there to be read.
      guard count > 0 else { break }
      start += count
    }
    var received: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Socket.receive(descriptor, into: &chunk)
      // Silence is no answer.
      guard count >= 0 || errno != EAGAIN else { throw SystemError("\(received.count) bytes, then recv") }
      guard count > 0 else { return received }
      received += chunk[..<count]
      if let end, received.suffix(end.count) == end[...] { return received }
    }
  }
}

/// A TCP port on loopback without a listener: below those that the system hands out by itself, and never the
/// same one twice, so that it stays free until its server starts.
func freePort() throws -> UInt16 {
  while true {
    let port = nextPort.withLock { port in
      port += 1
      return port
    }
    try #require(port < 32_000)
    guard let listener = try? Listener.tcp(host: "127.0.0.1", port: port).first else { continue }
    close(listener.descriptor)
    return port
  }
}

/// Whether a server of this machine accepts connections on `port` of 127.0.0.1.
func isListening(on port: UInt16) -> Bool {
  (try? HTTP(port: port).connect()).map { close($0) } != nil
}

private let nextPort = Mutex(UInt16.random(in: 20_000..<30_000))
