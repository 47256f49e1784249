import BearerAuth
import Synchronization

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
