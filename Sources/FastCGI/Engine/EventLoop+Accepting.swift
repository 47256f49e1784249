import CLinux
import Glibc

/// How connections come in.
extension EventLoop {
  /// How long a peer has to send its request before another may take its descriptor, in milliseconds. A good caller
  /// needs one of them; and the loop that is short of descriptors need not be the one that has old peers.
  private static let grace: UInt64 = 250

  /// Accepts on a listener's descriptor, and deals with each connection at once.
  /// - Returns: how many were accepted.
  @discardableResult
  func accept(from listener: Int32, atMost count: Int) -> Int {
    defer { welcomeSilent() }
    for accepted in 0..<count {
      let descriptor = peers == nil ? bearerd_accept(listener) : acceptAdmitted(from: listener)
      if descriptor >= 0 {
        meter.count(.accepted)
        if !welcome(descriptor) { silent.append(descriptor) }
        continue
      }
      switch errno {
      case EAGAIN:
        return accepted
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        // One that has waited long gives way; where none has, others hold the descriptors: rest, do not spin.
        if dropOldest(waitingFor: EventLoop.grace) { continue }
        rest()
        return accepted
      case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT:
        rest()
        return accepted
      default:
        // accept(2): the new connection's own network errors; the next may be well.
        continue
      }
    }
    return count
  }

  /// Looks once more at those that said nothing: most were about to, and need not be waited for.
  private func welcomeSilent() {
    while let descriptor = silent.popLast() {
      if !welcome(descriptor) { _ = wait(for: descriptor, gate: Gate(names: exchange.names), in: reading) }
    }
  }

  private func acceptAdmitted(from listener: Int32) -> Int32 {
    peers?.accept(from: listener) { peer in
      meter.count(.foreign)
      exchange.responder.refused(peer)
    } ?? -1
  }
}
