import CLinux
import Glibc

/// An answer that did not leave at once, and what becomes of its connection then.
struct Delivery {
  let bytes: [UInt8]
  let request: Gate.Request
  /// How many bytes have left.
  var sent = 0
}

/// Answers that are too long for one write: an operator's, never a check's. What a peer does not take waits with
/// its connection, as long as a request may take, and stops nobody else.
extension EventLoop {
  /// How many may be on their way at once; more are closed. An answer may have a few hundred kilobytes.
  private static let maximumDeliveries = 16

  /// Sends `bytes`, whole records, to a connection that never had to wait.
  func deliver(_ bytes: [UInt8], on descriptor: Int32, after request: Gate.Request) {
    guard let connection = wait(for: descriptor, gate: Gate(names: exchange.names), in: reading) else {
      return
    }
    deliver(bytes, on: connection, after: request)
  }

  /// The same to one that was waited for.
  func deliver(_ bytes: [UInt8], on connection: Connection, after request: Gate.Request) {
    guard deliveries < EventLoop.maximumDeliveries else { return drop(connection) }
    deliveries += 1
    connection.delivery = Delivery(bytes: bytes, request: request)
    renew(connection, in: reading)
    resume(connection)
  }

  /// Sends what the socket takes now.
  func resume(_ connection: Connection) {
    guard let delivery = connection.delivery else { return }
    let rest = delivery.bytes[delivery.sent...]
    let count = rest.withUnsafeBytes {
      send(connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard count >= 0 || errno == EAGAIN || errno == EINTR else { return drop(connection) }
    connection.delivery?.sent += max(0, count)
    let isDone = count == rest.count
    guard watch(connection, forWriting: !isDone) else { return drop(connection) }
    guard isDone else { return }
    connection.delivery = nil
    deliveries -= 1
    depart(connection, after: delivery.request)
  }
}
