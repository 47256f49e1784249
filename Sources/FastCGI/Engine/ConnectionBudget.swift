import Synchronization

/// How many connections may wait in all loops together. The kernel does not hand them out evenly: one loop may hold
/// nearly all of them, as long as there is room.
final class ConnectionBudget: Sendable {
  private let maximum: Int
  /// What each loop may hold, whatever the others hold.
  private let share: Int
  private let waiting = Atomic(0)

  init(_ options: EngineOptions) {
    maximum = max(1, options.maximumConnections)
    share = max(1, options.maximumConnections / options.loops)
  }

  func add() { waiting.add(1, ordering: .relaxed) }

  func remove() { waiting.subtract(1, ordering: .relaxed) }

  /// Whether a loop that holds `count` has to close one before it takes another.
  func isFull(with count: Int) -> Bool { count >= share && waiting.load(ordering: .relaxed) >= maximum }

  /// Whether a loop that holds `count` has to close one, since another loop has taken what is its share.
  func isOverShare(with count: Int) -> Bool { count > share && waiting.load(ordering: .relaxed) > maximum }
}
