import BearerAuth
import Synchronization

/// The policy that counts now. Every loop reads its own copy, and looks at one number to know whether it is old.
final class PolicyStore: Sendable {
  /// A loop's copy.
  struct Reading {
    fileprivate(set) var snapshot: Snapshot
    fileprivate var generation: UInt64

    var value: Policy { snapshot.policy }
  }

  /// Outlives every policy.
  let numbers = ApplicationNumbers()
  private let generation = Atomic<UInt64>(1)
  private let current: Mutex<Snapshot>

  init(_ policy: Policy) { current = Mutex(Snapshot(policy, numbers: numbers)) }

  /// The keys' last uses go on from the policy before.
  func replace(with policy: Policy) {
    let next = Snapshot(policy, numbers: numbers)
    let before = reading().snapshot
    next.adoptUsage(of: before)
    current.withLock { current in
      current = next
      generation.add(1, ordering: .releasing)
    }
    // Once more: the loops went on with the one before until now.
    next.adoptUsage(of: before)
  }

  func reading() -> Reading {
    current.withLock { Reading(snapshot: $0, generation: generation.load(ordering: .acquiring)) }
  }

  /// One atomic load where nothing changed.
  func refresh(_ reading: inout Reading) {
    guard generation.load(ordering: .acquiring) != reading.generation else { return }
    reading = self.reading()
  }
}
