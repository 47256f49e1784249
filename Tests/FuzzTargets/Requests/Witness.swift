import Glibc

@testable import FastCGI

/// Remembers what it was asked, and allows.
final class Witness: Responder {
  var seen: [[UInt8]?]?

  static let text = Array("Status: 200 OK\r\n\r\n".utf8)

  func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
    var seen: [[UInt8]?] = []
    for index in GateTarget.watched.indices {
      seen.append(parameters.withValue(at: index) { $0.withUnsafeBufferPointer { Array($0) } })
    }
    self.seen = seen
    response.append(Witness.text)
  }

  func refused(_ rejection: Rejection) {}

  /// STDOUT in one record, its end, END_REQUEST, as libfcgi writes them.
  static func answer(to id: UInt16) -> [UInt8] {
    record(6, id: id, text, padding: -text.count & 7) + record(6, id: id)
      + record(3, id: id, [UInt8](repeating: 0, count: 8))
  }
}

/// Two connected sockets, as the engine has them.
struct SocketPair {
  let outer: Int32
  let inner: Int32

  init() {
    guard let pair = Socket.pair() else { fatalError("no descriptors") }
    (outer, inner) = pair
    Socket.setOption(outer, SOL_SOCKET, SO_SNDBUF, 512 * 1024)
  }

  func send(_ bytes: [UInt8]) { expect(Socket.send(outer, bytes.span), "the request fits") }

  func received() -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    let count = Socket.receive(outer, into: &chunk)
    return Array(chunk.prefix(max(0, count)))
  }

  /// Whether the inner end has not taken all that was sent.
  var waitsToBeRead: Bool {
    var count: Int32 = 0
    return ioctl(outer, UInt(TIOCOUTQ), &count) == 0 && count > 0
  }

  func close() {
    Glibc.close(outer)
    Glibc.close(inner)
  }
}
