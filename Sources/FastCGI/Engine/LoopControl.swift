import CLinux
import Glibc
import Synchronization

/// What other threads may do to an event loop: wake it, call it to a queue, and end it.
final class LoopControl: Sendable {
  /// Readable while there is something to look at.
  let descriptor: Int32
  private let drains = Atomic(false)
  private let isCalled = Atomic(false)

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

  /// Lets the loop go round once, if it goes round at all.
  func wake() {
    var one: UInt64 = 1
    write(descriptor, &one, 8)
  }

  /// Has the loop take what waits at the listening sockets, once.
  func call() {
    if !isCalled.exchange(true, ordering: .acquiringAndReleasing) { wake() }
  }

  /// Whether it was called since this was last asked.
  func takeCall() -> Bool { isCalled.exchange(false, ordering: .acquiringAndReleasing) }

  func acknowledge() {
    var count: UInt64 = 0
    read(descriptor, &count, 8)
  }
}
