import Foundation
import TestSupport
import Testing

@testable import FastCGI

/// The end of NOTIFY_SOCKET that systemd would hold: every datagram that came, in order.
final class NotifySocket {
  /// What the daemon finds in NOTIFY_SOCKET.
  let name: String
  private let descriptor: Int32
  private(set) var messages: [String] = []

  /// - Parameter name: a path, or `@` and an abstract name.
  init(_ name: String) throws {
    self.name = name
    descriptor = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    let address =
      name.hasPrefix("@") ? SocketAddress(abstractName: String(name.dropFirst())) : SocketAddress(path: name)
    try #require(try #require(address).bind(descriptor))
  }

  deinit { close(descriptor) }

  /// Takes what has come since the last time.
  @discardableResult
  func take() -> [String] {
    var taken: [String] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Socket.receive(descriptor, into: &buffer)
      guard count > 0 else { break }
      taken.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
    messages += taken
    return taken
  }

  /// Waits until a message has come that begins so; the first of them.
  @discardableResult
  func waits(for text: String, seconds: Double = 20) throws -> String {
    var found: String?
    try #require(
      eventually(seconds: seconds) {
        take()
        found = messages.first { $0.hasPrefix(text) }
        return found != nil
      }, "\(text): \(messages)")
    return try #require(found)
  }

  /// How many messages are exactly this one.
  func count(of message: String) -> Int {
    take()
    return messages.count { $0 == message }
  }
}
