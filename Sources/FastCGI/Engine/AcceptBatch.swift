/// How many connections are accepted in a row before epoll is asked for more: one, or many.
///
/// accept4(2) makes a socket before it looks for a connection, so a call that finds none costs ten times what
/// epoll_wait(2) costs. A loop with little to do accepts one connection an event and never fails; one with much to do
/// accepts on until it fails, which pays off from about ten on. Now and then it tries which of the two it is.
struct AcceptBatch {
  /// Those that wait for their request are looked at after so many.
  static let maximum = 64
  /// From so many in a row on, the failure after them has paid off.
  private static let worthwhile = 12
  /// After how many connections a large batch is tried: soon if the last trial paid off, and later with each that did not.
  private static let trials = 16...1024

  private(set) var count = 1
  private var accepted = 0
  private var acceptedToTrial = trials.lowerBound

  /// Learns how many there were at an event.
  mutating func note(_ found: Int) {
    if count == 1 {
      accepted += found
      if accepted >= acceptedToTrial { count = AcceptBatch.maximum }
    } else if found >= AcceptBatch.worthwhile {
      acceptedToTrial = AcceptBatch.trials.lowerBound
    } else {
      count = 1
      accepted = 0
      acceptedToTrial = min(2 * acceptedToTrial, AcceptBatch.trials.upperBound)
    }
  }
}
