import BearerAuth
import Glibc
import Synchronization

/// When, and from where, each token of one policy was last used. Every loop notes it without a lock and without an
/// allocation, and at most once a second for one token, so that loops which serve the same caller do not fight.
///
/// The memory of a token that is never used is never touched, so it costs nothing.
final class KeyUsage: @unchecked Sendable {
  /// One use of a token.
  struct Use: Equatable {
    var at: Instant
    /// Nil where the web server did not say.
    var from: IPAddress?
  }

  /// A token's words: its state, and the two halves of the address.
  private static let words = 3
  /// In a state: somebody is writing the address; its family; the second of the use. 0: never used.
  private static let busy: UInt64 = 1 << 63
  private static let v4: UInt64 = 1 << 61
  private static let v6: UInt64 = 2 << 61
  private static let second: UInt64 = (1 << 61) - 1

  private let slots: UnsafeMutablePointer<Atomic<UInt64>>
  /// The tokens that were used at all, each and 1, in the order of their first use.
  private let list: UnsafeMutablePointer<Atomic<UInt32>>
  private let listed = Atomic(0)
  private let count: Int

  /// - Parameter count: how many tokens there are.
  init(count: Int) {
    self.count = count
    slots = KeyUsage.zeros(count * KeyUsage.words)
    list = KeyUsage.zeros(count)
  }

  deinit {
    free(slots)
    free(list)
  }

  /// Memory that the kernel gives when it is first touched; there is no way on without it.
  private static func zeros<Number: ~Copyable>(_ count: Int) -> UnsafeMutablePointer<Number> {
    guard let memory = calloc(max(1, count), MemoryLayout<Number>.stride) else { fatalError("out of memory") }
    // An atomic number lies in memory as the number itself does, and all bits 0 are the number 0.
    return memory.bindMemory(to: Number.self, capacity: max(1, count))
  }

  /// Token `number` was used. Of several uses in one second the first is kept.
  func note(_ number: Int, from address: IPAddress?, at now: Instant) {
    let state = slot(number)[0].load(ordering: .relaxed)
    guard state & KeyUsage.second != KeyUsage.second(of: now) else { return }
    write(Use(at: now, from: address), of: number, over: state)
  }

  /// The last use of token `number`.
  func lastUse(of number: Int) -> Use? {
    let slot = slot(number)
    // Whoever was writing meanwhile has put another second there. A writer is done in a moment; one that the
    // kernel has stopped in the middle is not waited for.
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

  /// The tokens that were used, in the order of their first use: at most so many.
  func used(atMost maximum: Int = .max) -> [Int] {
    (0..<min(listed.load(ordering: .acquiring), maximum)).compactMap { index in
      let entry = Int(list[index].load(ordering: .relaxed))
      // 0: its loop has the place, and is about to fill it.
      return entry == 0 ? nil : entry - 1
    }
  }

  /// Takes over what is newer in the usage of another policy.
  /// - Parameter number: which of our tokens one of theirs is.
  func adopt(_ other: KeyUsage, number: (Int) -> Int?) {
    for theirs in other.used() {
      guard let ours = number(theirs), let use = other.lastUse(of: theirs) else { continue }
      if let known = lastUse(of: ours), known.at >= use.at { continue }
      write(use, of: ours, over: slot(ours)[0].load(ordering: .relaxed))
    }
  }

  /// Where somebody else is writing, that use is as good as this one.
  private func write(_ use: Use, of number: Int, over state: UInt64) {
    let slot = slot(number)
    guard state & KeyUsage.busy == 0,
      slot[0].compareExchange(expected: state, desired: state | KeyUsage.busy, ordering: .acquiring).exchanged
    else { return }
    // Nobody may see the address of this use under the second of the one before.
    atomicMemoryFence(ordering: .releasing)
    let bits = use.from?.bits ?? 0
    slot[1].store(UInt64(truncatingIfNeeded: bits), ordering: .relaxed)
    slot[2].store(UInt64(truncatingIfNeeded: bits >> 64), ordering: .relaxed)
    let family = use.from.map { $0.family == .v4 ? KeyUsage.v4 : KeyUsage.v6 } ?? 0
    slot[0].store(KeyUsage.second(of: use.at) | family, ordering: .releasing)
    guard state == 0 else { return }
    let place = listed.add(1, ordering: .releasing).oldValue
    list[place].store(UInt32(number + 1), ordering: .releasing)
  }

  private func slot(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    precondition(number >= 0 && number < count)
    return slots + number * KeyUsage.words
  }

  /// Never 0, which says that there was no use.
  private static func second(of instant: Instant) -> UInt64 { UInt64(max(1, instant.seconds)) & second }
}

/// Which keys an operator is shown, where there are too many for all of them: those that expire next and those that
/// were used first, five hundred of each.
final class KeySelection: Sendable {
  /// How many keys are shown at most.
  static let maximum = 1000

  /// How long a selection counts: what has expired gives way to what expires next, in seconds.
  private static let lifetime: Int64 = 3600

  private let soonest = Mutex<(numbers: [Int], until: Instant)>(([], .distantPast))

  /// Finds those that expire next, where that was not done lately. A million tokens take some ten milliseconds: not
  /// for an event loop.
  func refresh(_ tokens: [Token], at now: Instant) {
    guard tokens.count > KeySelection.maximum, soonest.withLock({ $0.until <= now }) else { return }
    let numbers = KeySelection.soonest(among: tokens, at: now)
    soonest.withLock { $0 = (numbers, now.advanced(by: KeySelection.lifetime)) }
  }

  /// The keys to show, as numbers of tokens in their order.
  func numbers(of count: Int, usage: KeyUsage) -> [Int] {
    guard count > KeySelection.maximum else { return Array(0..<count) }
    let soonest = soonest.withLock(\.numbers)
    return Set(soonest + usage.used(atMost: KeySelection.maximum - soonest.count)).sorted()
  }

  private static func soonest(among tokens: [Token], at now: Instant) -> [Int] {
    let limit = maximum / 2
    var chosen: [(expires: Instant, number: Int)] = []
    for number in tokens.indices {
      let expires = tokens[number].expires
      guard expires > now, expires < .distantFuture else { continue }
      if chosen.count == limit, let last = chosen.last, expires >= last.expires { continue }
      let place = chosen.partitioningIndex { $0.expires > expires }
      chosen.insert((expires, number), at: place)
      if chosen.count > limit { chosen.removeLast() }
    }
    return chosen.map(\.number)
  }
}

extension Array {
  /// The first index whose element, and so every later one, fulfils `predicate`.
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
