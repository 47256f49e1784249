import BearerAuth
import Synchronization

/// The policy that counts now. Every loop reads its own copy, and looks at one number to know whether it is old.
final class PolicyStore: Sendable {
  /// A loop's copy.
  struct Reading {
    fileprivate(set) var value: Policy
    fileprivate var generation: UInt64
  }

  private let generation = Atomic<UInt64>(1)
  private let current: Mutex<Policy>

  init(_ policy: Policy) { current = Mutex(policy) }

  func replace(with policy: Policy) {
    current.withLock { current in
      current = policy
      generation.add(1, ordering: .releasing)
    }
  }

  func reading() -> Reading {
    current.withLock { Reading(value: $0, generation: generation.load(ordering: .acquiring)) }
  }

  /// One atomic load where nothing changed.
  func refresh(_ reading: inout Reading) {
    guard generation.load(ordering: .acquiring) != reading.generation else { return }
    reading = self.reading()
  }
}
