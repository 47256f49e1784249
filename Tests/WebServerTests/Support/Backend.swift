import Foundation
import Testing

@testable import FastCGI

/// What is protected: a small HTTP server that says what reached it. A WebSocket upgrade is accepted, and its bytes
/// are sent back.
final class Backend: Sendable {
  let port: UInt16
  private let listener: Int32

  init() throws {
    let listener = try #require(try Listener.tcp(host: "127.0.0.1", port: 0).first).descriptor
    port = try Backend.port(of: listener)
    self.listener = listener
    try #require(Socket.setFlags(listener, nonblocking: false))
    Thread.detachNewThread {
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        Thread.detachNewThread { Backend.serve(descriptor) }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// The port that the system chose for a listening socket.
  static func port(of listener: Int32) throws -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
    }
    try #require(code == 0)
    return UInt16(bigEndian: address.sin_port)
  }

  private static func serve(_ descriptor: Int32) {
    defer { close(descriptor) }
    var received: [UInt8] = []
    let end: [UInt8] = [13, 10, 13, 10]
    var headEnd: Int?
    while headEnd == nil {
      guard let chunk = read(descriptor) else { return }
      received += chunk
      headEnd = received.indices.first { received[$0...].starts(with: end) }
    }
    let head = String(decoding: received[..<(headEnd ?? 0)], as: UTF8.self)
    var body = Array(received[((headEnd ?? 0) + 4)...])
    if head.lowercased().contains("upgrade: websocket") {
      echoWebSocket(descriptor, begunWith: body)
      return
    }
    let lengthLine = head.lowercased().components(separatedBy: "\r\n").first {
      $0.hasPrefix("content-length:")
    }
    let length = lengthLine.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
    while body.count < length, let chunk = read(descriptor) { body += chunk }
    let sum = body.reduce(into: UInt32(0)) { $0 = $0 &* 31 &+ UInt32($1) }
    let answer = "\(head)\nbody \(body.count) \(sum)\n"
    write(
      descriptor,
      "HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\nConnection: close\r\n\r\n\(answer)")
  }

  /// The answer to the one key that RFC 6455 section 1.3 gives as an example; then every byte comes back.
  private static func echoWebSocket(_ descriptor: Int32, begunWith first: [UInt8]) {
    write(
      descriptor,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
    var chunk = first[...]
    repeat {
      _ = chunk.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      chunk = read(descriptor) ?? []
    } while !chunk.isEmpty
  }

  private static func read(_ descriptor: Int32) -> ArraySlice<UInt8>? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = Socket.receive(descriptor, into: &chunk)
    return count > 0 ? chunk[..<count] : nil
  }

  private static func write(_ descriptor: Int32, _ text: String) {
    _ = Glibc.write(descriptor, text, text.utf8.count)
  }
}
