import CLinux
import Glibc

/// Waiting connections: how they are added, how long they may stay, and which is closed first.
extension EventLoop {
  /// Adds a waiting connection, in place of the oldest if there are too many.
  /// - Parameter gate: by default that of a connection on which nothing has arrived.
  /// - Returns: nil if epoll failed; the connection is closed then.
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

  /// Moves a waiting connection to another list, with that list's full timeout.
  func move(_ connection: Connection, to list: WaitList) {
    if connection.list !== list { restart(connection, in: list) }
  }

  /// Gives a connection the full timeout of a list again.
  func restart(_ connection: Connection, in list: WaitList) {
    connection.list?.remove(connection)
    list.append(connection, now: now)
  }

  /// Waits until the connection is writable, or readable.
  func watch(_ connection: Connection, forWriting writing: Bool) -> Bool {
    epoll.change(connection.descriptor, key: connection.key, writing: writing)
  }

  /// Removes a connection whose descriptor is closed already.
  func forget(_ connection: Connection) {
    countBytes(waiting.setBytes(of: connection, to: 0))
    waiting.remove(connection)
  }

  func drop(_ connection: Connection) {
    // Removed first: the descriptor may be reused as soon as it is closed.
    forget(connection)
    close(connection.descriptor)
  }

  /// Closes the connection that has waited longest: an idle one first, then one that has not sent its request.
  /// - Parameter minimum: how long a connection of the second kind must have waited, in milliseconds.
  @discardableResult
  func dropOldest(waitingFor minimum: UInt64 = 0) -> Bool {
    guard let oldest = waiting.oldest(since: now - min(minimum, now)) else { return false }
    meter.count(.evicted)
    drop(oldest)
    return true
  }

  /// Counts the memory of an incomplete request, and closes the oldest ones if all together exceed the limit.
  func limitMemory(of connection: Connection) {
    let growth = waiting.setBytes(of: connection, to: connection.received.capacity)
    while waiting.isOverMemory, let oldest = waiting.receiving.oldest {
      meter.count(.evicted)
      drop(oldest)
    }
    // Counted last, so a reader of the meter never sees more than the limit.
    countBytes(growth)
  }

  private func countBytes(_ growth: Int) {
    if growth != 0 { meter.count(growth > 0 ? .bytesTaken : .bytesFreed, abs(growth)) }
  }

  /// Closes connections past their deadline, and those for which other loops leave no room.
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

/// How many connections are accepted in a row before the next epoll_wait: one, or many.
///
/// accept4(2) creates a socket before it looks for a connection, so a call that finds none costs ten times as
/// much as epoll_wait(2). A loop with little load accepts one connection per event, and no call fails; a loop
/// with much load accepts until a call fails, which is faster from about ten connections on. The larger batch
/// is tried from time to time.
struct AcceptBatch {
  /// In a large batch, connections without a request are peeked at again after this many.
  static let maximum = 64
  /// A failed call has paid off after this many connections.
  private static let worthwhile = 12
  /// After how many connections the large batch is tried: soon if the last trial paid off, later after each
  /// that did not.
  private static let trials = 16...1024

  private(set) var count = 1
  private var accepted = 0
  private var acceptedToTrial = trials.lowerBound

  /// Records how many connections an event brought.
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
