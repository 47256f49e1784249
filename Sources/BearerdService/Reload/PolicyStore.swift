import BearerAuth
import Synchronization

/// The current policy, and earlier ones that a loop may still be using.
final class PolicyStore: Sendable {
  /// Kept for all policies.
  let applicationIndices = ApplicationIndices()
  fileprivate let generation = Atomic<UInt64>(1)
  private let state: Mutex<State>

  private struct State {
    var current: Snapshot
    /// Each with its generation. Freeing a million tokens takes time, so a loop must not hold the last reference.
    var retired: [(snapshot: Snapshot, generation: UInt64)] = []
    var readings: [PolicyReading] = []
  }

  init(_ policy: Policy) { state = Mutex(State(current: Snapshot(policy, indices: applicationIndices))) }

  /// The current snapshot, for a single use.
  var current: Snapshot { state.withLock(\.current) }

  /// The last uses of the keys are copied from the previous policy.
  func replace(with policy: Policy) {
    let next = Snapshot(policy, indices: applicationIndices)
    let before = current
    next.adoptUsage(of: before)
    state.withLock { state in
      state.retired.append((state.current, generation.load(ordering: .relaxed)))
      state.current = next
      generation.add(1, ordering: .releasing)
    }
    // Again: the loops used the previous snapshot until now.
    next.adoptUsage(of: before)
  }

  /// Frees the snapshots that no loop uses any more. Must not be called on a loop.
  func releaseRetired() {
    // Returned from the lock and freed outside it, because loops may wait for the lock.
    _ = state.withLock { state in
      let oldest = state.readings.map { $0.adopted.load(ordering: .acquiring) }.min() ?? .max
      let unread = state.retired.prefix { $0.generation < oldest }
      state.retired.removeFirst(unread.count)
      return unread
    }
  }

  /// For a new loop, for the life of the store.
  func makeReading() -> PolicyReading {
    let (snapshot, generation) = latest()
    let reading = PolicyReading(of: self, snapshot, generation)
    state.withLock { $0.readings.append(reading) }
    return reading
  }

  fileprivate func latest() -> (Snapshot, generation: UInt64) {
    state.withLock { (Snapshot(sharing: $0.current), generation.load(ordering: .acquiring)) }
  }
}

/// The snapshot that one loop uses. Confined to its loop, except that the store reads `adopted`.
final class PolicyReading: @unchecked Sendable {
  // The store keeps its readings, and every user of a reading keeps the store.
  private unowned(unsafe) let store: PolicyStore
  private(set) var snapshot: Snapshot
  /// The generation of the snapshot.
  fileprivate let adopted: Atomic<UInt64>

  fileprivate init(of store: PolicyStore, _ snapshot: Snapshot, _ generation: UInt64) {
    self.store = store
    self.snapshot = snapshot
    adopted = Atomic(generation)
  }

  /// One atomic load if nothing changed.
  func refresh() {
    guard store.generation.load(ordering: .acquiring) != adopted.load(ordering: .relaxed) else { return }
    let (snapshot, generation) = store.latest()
    self.snapshot = snapshot
    adopted.store(generation, ordering: .releasing)
  }
}

/// What all loops decide by and count in, until the tokens change.
///
/// Its contents are shared; the object is not: each loop has one of its own, because loops that share an object
/// contend for its reference count at every check.
final class Snapshot: Sendable {
  let policy: Policy
  /// The index of each token's application.
  let applications: [UInt16]
  let usage: KeyUsage
  let selection: KeySelection

  init(_ policy: Policy, indices: ApplicationIndices) {
    self.policy = policy
    applications = indices.indices(of: policy.tokens)
    usage = KeyUsage(count: policy.tokens.count)
    selection = KeySelection()
  }

  /// Another object with the same contents.
  init(sharing other: Snapshot) {
    policy = Policy(sharing: other.policy)
    applications = other.applications
    usage = other.usage
    selection = other.selection
  }

  /// The tokens that a report shows, in order.
  func shownKeys() -> [(token: Token, lastUse: KeyUsage.Use?)] {
    selection.indices(of: policy.tokens.count, usage: usage).map {
      (policy.tokens[$0], usage.lastUse(of: $0))
    }
  }

  /// Copies the last uses from the previous snapshot, by the hashes of the tokens.
  func adoptUsage(of before: Snapshot) {
    usage.adopt(before.usage) { policy.index(matching: before.policy.tokens[$0].digest) }
  }
}
