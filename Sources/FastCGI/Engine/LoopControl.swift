import CLinux
import Glibc
import Synchronization

/// What other threads may do to an event loop: wake it, and end it.
final class LoopControl: Sendable {
  /// Readable after `wake` or `drain`.
  let descriptor: Int32
  private let drains = Atomic(false)

  init() throws(SystemError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("eventfd") }
  }

  deinit { close(descriptor) }

  var shouldDrain: Bool { drains.load(ordering: .acquiring) }

  func drain() {
    drains.store(true, ordering: .releasing)
    wake()
  }

  /// Makes the loop pass one round, unless it is stuck.
  func wake() {
    var one: UInt64 = 1
    write(descriptor, &one, 8)
  }

  func acknowledge() {
    var count: UInt64 = 0
    read(descriptor, &count, 8)
  }
}
