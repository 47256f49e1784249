import CLinux
import Glibc

/// Connections that have to be waited for: how they come, how long they may stay, and which is closed first.
extension EventLoop {
  /// Has a connection waited for, in place of the oldest if there are too many.
  /// - Parameter gate: by default, that of a connection on which nothing has arrived yet.
  /// - Returns: nil if it cannot be waited for; it is closed then.
  func wait(for descriptor: Int32, gate: Gate? = nil, in list: WaitList) -> Connection? {
    if waiting.isFull { dropOldest() }
    let connection = waiting.add(descriptor, gate: gate ?? Gate(names: exchange.names))
    list.append(connection, now: now)
    guard epoll.add(descriptor, key: connection.key) else {
      drop(connection)
      return nil
    }
    return connection
  }

  /// Moves a connection that waits to another list, with that list's timeout from now on.
  func move(_ connection: Connection, to list: WaitList) {
    if connection.list !== list { restart(connection, in: list) }
  }

  /// Gives a connection a list's whole timeout again.
  func restart(_ connection: Connection, in list: WaitList) {
    connection.list?.remove(connection)
    list.append(connection, now: now)
  }

  /// Waits for room to write to a connection, or for something to read.
  func watch(_ connection: Connection, forWriting writing: Bool) -> Bool {
    epoll.change(connection.descriptor, key: connection.key, writing: writing)
  }

  /// Removes a connection whose descriptor is closed already.
  func forget(_ connection: Connection) {
    countBytes(waiting.setBytes(of: connection, to: 0))
    waiting.remove(connection)
  }

  func drop(_ connection: Connection) {
    // Removed first: the descriptor's number may be in use again as soon as it is closed.
    forget(connection)
    close(connection.descriptor)
  }

  /// Closes the connection that has waited longest, an idle one before one that is still to send something.
  /// - Parameter minimum: how long the latter must have waited, in milliseconds.
  @discardableResult
  func dropOldest(waitingFor minimum: UInt64 = 0) -> Bool {
    guard let oldest = waiting.oldest(since: now - min(minimum, now)) else { return false }
    meter.count(.evicted)
    drop(oldest)
    return true
  }

  /// Counts the memory of an unfinished request. If all of them together hold too much, the oldest are closed.
  func limitMemory(of connection: Connection) {
    let growth = waiting.setBytes(of: connection, to: connection.received.capacity)
    while waiting.isOverMemory, let oldest = waiting.receiving.oldest {
      meter.count(.evicted)
      drop(oldest)
    }
    // Counted last, so that no reader of the meter sees more than the limit.
    countBytes(growth)
  }

  private func countBytes(_ growth: Int) {
    if growth != 0 { meter.count(growth > 0 ? .bytesTaken : .bytesFreed, abs(growth)) }
  }

  /// Closes what is past its deadline, and what another loop's connections leave no room for.
  func expire() {
    for list in [waiting.reading, waiting.receiving, waiting.idle] {
      while list.deadline <= now, let oldest = list.oldest {
        meter.count(.timedOut)
        drop(oldest)
      }
    }
    while waiting.isOverShare, dropOldest() {}
  }
}

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
