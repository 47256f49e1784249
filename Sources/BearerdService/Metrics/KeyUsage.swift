import BearerAuth
import Glibc
import Synchronization

/// When, and from which address, each token of a policy was last used. Every loop records it without a lock or
/// an allocation, at most once a second for one token: loops that serve the same client would contend
/// otherwise.
///
/// The memory of a token that is never used is never touched, so it is never allocated.
final class KeyUsage: @unchecked Sendable {
  /// One use of a token.
  struct Use: Equatable {
    var at: Instant
    /// Nil if the web server sent none.
    var from: IPAddress?
  }

  /// The number of words per token: its state, and the two halves of the address.
  private static let words = 3
  /// Bits of a state: a loop is writing the address; the address family; the second of the use. 0: never used.
  private static let busy: UInt64 = 1 << 63
  private static let v4: UInt64 = 1 << 61
  private static let v6: UInt64 = 2 << 61
  private static let second: UInt64 = (1 << 61) - 1

  private let slots: UnsafeMutablePointer<Atomic<UInt64>>
  /// The tokens that were used, as index plus 1, in the order of their first use.
  private let list: UnsafeMutablePointer<Atomic<UInt32>>
  private let listed = Atomic(0)
  private let count: Int

  /// - Parameter count: the number of tokens.
  init(count: Int) {
    self.count = count
    slots = KeyUsage.zeros(count * KeyUsage.words)
    list = KeyUsage.zeros(count)
  }

  deinit {
    free(slots)
    free(list)
  }

  /// Memory that the kernel allocates when it is first touched; the process ends if there is none.
  private static func zeros<Number: ~Copyable>(_ count: Int) -> UnsafeMutablePointer<Number> {
    guard let memory = calloc(max(1, count), MemoryLayout<Number>.stride) else { fatalError("out of memory") }
    // An atomic number has the representation of the number, and 0 has all bits 0.
    return memory.bindMemory(to: Number.self, capacity: max(1, count))
  }

  /// The token with this index was used. Of several uses in one second the first is kept.
  func note(_ index: Int, from address: IPAddress?, at now: Instant) {
    let state = slot(index)[0].load(ordering: .relaxed)
    guard state & KeyUsage.second != KeyUsage.second(of: now) else { return }
    write(Use(at: now, from: address), of: index, over: state)
  }

  /// The last use of the token with this index.
  func lastUse(of index: Int) -> Use? {
    let slot = slot(index)
    // A loop that was writing meanwhile has changed the second. Writing is short; a loop that the kernel has
    // suspended while writing is not waited for.
    for _ in 0..<1000 {
      let state = slot[0].load(ordering: .acquiring)
      guard state != 0 else { return nil }
      let bits = UInt128(slot[2].load(ordering: .relaxed)) << 64 | UInt128(slot[1].load(ordering: .relaxed))
      atomicMemoryFence(ordering: .acquiring)
      guard state & KeyUsage.busy == 0, slot[0].load(ordering: .relaxed) == state else { continue }
      let family: IPAddress.Family? = state & KeyUsage.v4 != 0 ? .v4 : state & KeyUsage.v6 != 0 ? .v6 : nil
      return Use(
        at: Instant(seconds: Int64(state & KeyUsage.second)),
        from: family.map { IPAddress(family: $0, bits: bits) })
    }
    return nil
  }

  /// The tokens that were used, in the order of their first use, up to `maximum`.
  func used(atMost maximum: Int = .max) -> [Int] {
    (0..<min(listed.load(ordering: .acquiring), maximum)).compactMap { index in
      let entry = Int(list[index].load(ordering: .relaxed))
      // 0: a loop has reserved the entry and not filled it yet.
      return entry == 0 ? nil : entry - 1
    }
  }

  /// Copies the uses of another policy's tokens that are newer than those here.
  /// - Parameter index: the index here of a token of the other policy.
  func adopt(_ other: KeyUsage, index: (Int) -> Int?) {
    for theirs in other.used() {
      guard let ours = index(theirs), let use = other.lastUse(of: theirs) else { continue }
      if let known = lastUse(of: ours), known.at >= use.at { continue }
      write(use, of: ours, over: slot(ours)[0].load(ordering: .relaxed))
    }
  }

  /// Does nothing if another loop is writing: that use is as recent as this one.
  private func write(_ use: Use, of index: Int, over state: UInt64) {
    let slot = slot(index)
    guard state & KeyUsage.busy == 0,
      slot[0].compareExchange(expected: state, desired: state | KeyUsage.busy, ordering: .acquiring).exchanged
    else { return }
    // A reader must not see the address of this use with the second of the use before.
    atomicMemoryFence(ordering: .releasing)
    let bits = use.from?.bits ?? 0
    slot[1].store(UInt64(truncatingIfNeeded: bits), ordering: .relaxed)
    slot[2].store(UInt64(truncatingIfNeeded: bits >> 64), ordering: .relaxed)
    let family = use.from.map { $0.family == .v4 ? KeyUsage.v4 : KeyUsage.v6 } ?? 0
    slot[0].store(KeyUsage.second(of: use.at) | family, ordering: .releasing)
    guard state == 0 else { return }
    let place = listed.add(1, ordering: .releasing).oldValue
    list[place].store(UInt32(index + 1), ordering: .releasing)
  }

  private func slot(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    precondition(index >= 0 && index < count)
    return slots + index * KeyUsage.words
  }

  /// Never 0, which means that there was no use.
  private static func second(of instant: Instant) -> UInt64 { UInt64(max(1, instant.seconds)) & second }
}

/// Selects the keys that a report shows if there are too many for all: those that expire next and those that
/// were used first, five hundred of each.
final class KeySelection: Sendable {
  /// The maximum number of keys in a report.
  static let maximum = 1000

  /// How long a selection is used, in seconds; then expired keys are replaced by those that expire next.
  private static let lifetime: Int64 = 3600

  private let soonest = Mutex<(indices: [Int], until: Instant)>(([], .distantPast))

  /// Selects the tokens that expire next, unless that was done within `lifetime`. A million tokens take some
  /// ten milliseconds, too long for an event loop.
  func refresh(_ tokens: [Token], at now: Instant) {
    guard tokens.count > KeySelection.maximum, soonest.withLock({ $0.until <= now }) else { return }
    let indices = KeySelection.soonest(among: tokens, at: now)
    soonest.withLock { $0 = (indices, now.advanced(by: KeySelection.lifetime)) }
  }

  /// The indices of the tokens to show, in order.
  func indices(of count: Int, usage: KeyUsage) -> [Int] {
    guard count > KeySelection.maximum else { return Array(0..<count) }
    let soonest = soonest.withLock(\.indices)
    return Set(soonest + usage.used(atMost: KeySelection.maximum - soonest.count)).sorted()
  }

  private static func soonest(among tokens: [Token], at now: Instant) -> [Int] {
    let limit = maximum / 2
    var chosen: [(expires: Instant, index: Int)] = []
    for index in tokens.indices {
      let expires = tokens[index].expires
      guard expires > now, expires < .distantFuture else { continue }
      if chosen.count == limit, let last = chosen.last, expires >= last.expires { continue }
      let place = chosen.partitioningIndex { $0.expires > expires }
      chosen.insert((expires, index), at: place)
      if chosen.count > limit { chosen.removeLast() }
    }
    return chosen.map(\.index)
  }
}

extension Array {
  /// The first index whose element, like every later one, satisfies `predicate`.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
