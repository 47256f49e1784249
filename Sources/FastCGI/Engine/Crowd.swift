import Synchronization

/// How many connections wait in all loops together. The kernel does not hand them out evenly: one loop may hold nearly
/// all of them, as long as there is room for them all.
final class Crowd: Sendable {
  private let loops: Int
  private let maximum: Int
  /// What each loop may hold, whatever the others hold.
  private let share: Int
  private let waiting = Atomic(0)

  init(_ options: EngineOptions) {
    loops = options.loops
    maximum = max(1, options.maximumConnections)
    share = max(1, options.maximumConnections / options.loops)
  }

  func enter() { waiting.add(1, ordering: .relaxed) }

  func leave() { waiting.subtract(1, ordering: .relaxed) }

  /// Whether a loop that holds `count` has to let one go before it takes another.
  func isFull(with count: Int) -> Bool { count >= share && waiting.load(ordering: .relaxed) >= maximum }

  /// Whether a loop that holds `count` would hold its part of all that wait now even without one of them.
  func isUneven(with count: Int) -> Bool { (count - 1) * loops >= waiting.load(ordering: .relaxed) }

  /// Whether a loop that holds `count` has to let one go, since another loop has taken what is its share.
  func isOverfull(with count: Int) -> Bool { count > share && waiting.load(ordering: .relaxed) > maximum }
}
