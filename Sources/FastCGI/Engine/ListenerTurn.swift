import Synchronization

/// Whose turn it is to watch the listening sockets: one loop's at a time.
///
/// Where several loops watch, the kernel wakes one for a connection that another, which is awake, is about to take: on a
/// busy machine that costs more than all of the deciding. So the others sleep until they are called to a queue.
final class ListenerTurn: Sendable {
  /// What other threads may do to each loop.
  let controls: [LoopControl]
  private let loop = Atomic(0)

  init(loops: Int) throws {
    controls = try (0..<loops).map { _ in try LoopControl() }
  }

  /// The loop whose turn it is.
  var holder: Int { loop.load(ordering: .acquiring) }

  /// Gives the turn from `holder`, if it is still there, to the next loop. Both learn of it.
  func pass(from holder: Int) {
    let next = next(after: holder)
    guard next != holder,
      loop.compareExchange(expected: holder, desired: next, ordering: .acquiringAndReleasing).exchanged
    else { return }
    controls[next].wake()
    controls[holder].wake()
  }

  /// Has the loop after `loop` take part of a queue, and sleep again.
  func callHelp(for loop: Int) {
    let next = next(after: loop)
    if next != loop { controls[next].call() }
  }

  private func next(after loop: Int) -> Int { (loop + 1) % controls.count }
}
