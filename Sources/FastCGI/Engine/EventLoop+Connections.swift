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
    countBytes(of: connection, 0)
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
    meter.count(.crowded)
    drop(oldest)
    return true
  }

  /// Counts the memory of an unfinished request. If all of them together hold too much, the oldest are closed.
  func limitMemory(of connection: Connection) {
    countBytes(of: connection, connection.received.capacity)
    while waiting.isOverMemory, let oldest = waiting.receiving.oldest {
      meter.count(.crowded)
      drop(oldest)
    }
  }

  private func countBytes(of connection: Connection, _ bytes: Int) {
    let growth = waiting.setBytes(of: connection, to: bytes)
    if growth != 0 { meter.count(growth > 0 ? .bytesTaken : .bytesFreed, abs(growth)) }
  }

  /// Closes what is past its deadline, and what another loop's connections leave no room for.
  func expire() {
    for list in [waiting.reading, waiting.receiving, waiting.idle] {
      while list.deadline <= now, let oldest = list.oldest {
        meter.count(.late)
        drop(oldest)
      }
    }
    while waiting.isOverShare, dropOldest() {}
  }
}
