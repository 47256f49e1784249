import BearerAuth
import Synchronization

/// The policy that counts now, and those from before that a loop may still be reading.
final class PolicyStore: Sendable {
  /// Outlives every policy.
  let numbers = ApplicationNumbers()
  fileprivate let generation = Atomic<UInt64>(1)
  private let state: Mutex<State>

  private struct State {
    var current: Snapshot
    /// Each with its generation. A million tokens take a while to be freed: no loop shall be the last to let go.
    var retired: [(snapshot: Snapshot, generation: UInt64)] = []
    var readings: [PolicyReading] = []
  }

  init(_ policy: Policy) { state = Mutex(State(current: Snapshot(policy, numbers: numbers))) }

  /// What counts now, for whoever asks once.
  var current: Snapshot { state.withLock(\.current) }

  /// The keys' last uses go on from the policy before.
  func replace(with policy: Policy) {
    let next = Snapshot(policy, numbers: numbers)
    let before = current
    next.adoptUsage(of: before)
    state.withLock { state in
      state.retired.append((state.current, generation.load(ordering: .relaxed)))
      state.current = next
      generation.add(1, ordering: .releasing)
    }
    // Once more: the loops went on with the one before until now.
    next.adoptUsage(of: before)
  }

  /// Frees what no loop reads any more. Not for a loop.
  func releaseRetired() {
    // Handed out of the lock, so that nobody waits for it while they are freed.
    _ = state.withLock { state in
      let oldest = state.readings.map { $0.adopted.load(ordering: .acquiring) }.min() ?? .max
      let unread = state.retired.prefix { $0.generation < oldest }
      state.retired.removeFirst(unread.count)
      return unread
    }
  }

  /// For a loop of its own, for the life of the store.
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

/// What one loop decides by. Confined to its loop, but for the store's own look at `adopted`.
final class PolicyReading: @unchecked Sendable {
  // The store keeps its readings, and whoever has one keeps the store.
  private unowned(unsafe) let store: PolicyStore
  private(set) var snapshot: Snapshot
  /// The generation of the snapshot.
  fileprivate let adopted: Atomic<UInt64>

  fileprivate init(of store: PolicyStore, _ snapshot: Snapshot, _ generation: UInt64) {
    self.store = store
    self.snapshot = snapshot
    adopted = Atomic(generation)
  }

  /// One atomic load where nothing changed.
  func refresh() {
    guard store.generation.load(ordering: .acquiring) != adopted.load(ordering: .relaxed) else { return }
    let (snapshot, generation) = store.latest()
    self.snapshot = snapshot
    adopted.store(generation, ordering: .releasing)
  }
}

/// What all loops decide by and count in, until the tokens change.
///
/// What it holds is shared; the object itself is not: each loop has one of its own, since loops that shared one would
/// fight over its reference count at every check.
final class Snapshot: Sendable {
  let policy: Policy
  /// The number of each token's application.
  let applications: [UInt16]
  let usage: KeyUsage
  let selection: KeySelection

  init(_ policy: Policy, numbers: ApplicationNumbers) {
    self.policy = policy
    applications = numbers.numbers(of: policy.tokens)
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

  /// The tokens that an operator is shown, in their order.
  func shownKeys() -> [(token: Token, lastUse: KeyUsage.Use?)] {
    selection.numbers(of: policy.tokens.count, usage: usage).map {
      (policy.tokens[$0], usage.lastUse(of: $0))
    }
  }

  /// Goes on with the uses of the snapshot before, by the hashes of the tokens.
  func adoptUsage(of before: Snapshot) {
    usage.adopt(before.usage) { policy.number(matching: before.policy.tokens[$0].digest) }
  }
}
