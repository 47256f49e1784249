import CLinux
import Glibc
import Synchronization

/// What other threads may do to an event loop: wake it, hand it a response, and end it.
final class LoopControl: Sendable {
  /// Readable after `wake` or `drain`.
  let descriptor: Int32
  private let drains = Atomic(false)
  private let responses = Mutex<[MadeResponse]>([])

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

  /// Has the loop send a response.
  func handOver(_ response: MadeResponse) {
    responses.withLock { $0.append(response) }
    wake()
  }

  func takeResponses() -> [MadeResponse] {
    responses.withLock { responses in
      defer { responses = [] }
      return responses
    }
  }

  func acknowledge() {
    var count: UInt64 = 0
    read(descriptor, &count, 8)
  }
}

/// A response that another thread made for a connection of a loop.
struct MadeResponse: Sendable {
  /// The connection's key; the connection may be closed by now.
  var connection: UInt64
  /// Whole records.
  var records: [UInt8]
}
