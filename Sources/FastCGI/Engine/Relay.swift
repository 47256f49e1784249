import CLinux
import Glibc

/// Shows libfcgi a request that came in parts, or in more than one read.
///
/// libfcgi blocks where bytes are missing, so it never reads from such a peer: the whole head is put into a
/// socket of our own first, and its answer is taken out of there.
final class Relay {
  /// What libfcgi reads from and writes to.
  private(set) var inner: Int32
  private let outer: Int32
  private var answer = [UInt8](repeating: 0, count: 16 * 1024)

  init() throws(SystemError) {
    guard let (outer, inner) = Socket.pair() else { throw SystemError("socketpair") }
    self.outer = outer
    self.inner = inner
    // The kernel doubles it: room for the longest head that the gate lets pass, with the kernel's own share.
    Socket.setOption(outer, SOL_SOCKET, SO_SNDBUF, Int32(2 * Gate.maximumHead))
  }

  deinit {
    if inner >= 0 { close(inner) }
    close(outer)
  }

  /// Puts in what libfcgi is to see. A Responder's body is not part of it: it is replaced by an empty one.
  func put(_ request: Gate.Request, of received: [UInt8]) -> Bool {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(request.headLength + RecordHeader.length)
    bytes += received[..<request.headLength]
    defer { bytes.wipe() }
    if request.role == .responder {
      bytes += RecordHeader(type: RecordType.stdin, requestID: request.id, contentLength: 0).bytes
    }
    return Socket.send(outer, bytes.span)
  }

  /// Sends what libfcgi answered to `descriptor`, whole or not at all.
  func passAnswer(to descriptor: Int32) -> Bool {
    let count = Socket.receive(outer, into: &answer)
    guard count > 0, count < answer.count else { return false }
    let answer = answer
    return Socket.send(descriptor, answer.span, count: count)
  }

  /// libfcgi has closed its end: the number may be another file's by now, so it must not be closed again.
  func innerWasClosed() { inner = -1 }
}
