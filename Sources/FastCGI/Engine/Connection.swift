/// A connection that has to be waited for. One whose request was there at once never becomes an object.
final class Connection {
  let descriptor: Int32
  /// Tells this connection from an earlier one with the same descriptor's number.
  let key: UInt64
  /// What came so far, if a request came in parts.
  var received: [UInt8] = []
  /// How much of its loop's memory for requests `received` was last counted as, in bytes.
  var countedBytes = 0
  var gate: Gate
  /// Whether a request was answered on it already.
  var wasServed = false

  /// What is still to be sent of an answer too long for one write.
  var delivery: Delivery?

  /// Whether all is said and only the peer's last bytes are waited for, so that they cannot undo the answer.
  var isLingering = false

  // Its place in a wait list. The loop's table owns every connection, and takes it out of its list first.
  var deadline: UInt64 = 0
  unowned(unsafe) var list: WaitList?
  unowned(unsafe) var next: Connection?
  unowned(unsafe) var previous: Connection?

  init(descriptor: Int32, generation: UInt32, gate: Gate) {
    self.descriptor = descriptor
    self.gate = gate
    key = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
  }

  /// Takes `count` bytes that are dealt with off the front; they may hold a secret.
  func removeFirst(_ count: Int) {
    var rest = Array(received[count...])
    swap(&rest, &received)
    rest.wipe()
  }

  deinit { received.wipe() }
}

/// Connections in the order in which their deadlines come: all of a list have the same patience.
final class WaitList {
  private unowned(unsafe) var first: Connection?
  private unowned(unsafe) var last: Connection?
  private(set) var count = 0
  /// When the deadline of the oldest comes; never, where there is none.
  private(set) var deadline = UInt64.max
  /// How long a connection may stand in this list, in milliseconds.
  let patience: UInt64

  init(patience: UInt64) { self.patience = patience }

  /// The connection whose deadline is next.
  var oldest: Connection? { first }

  /// The same, where it has stood here since `time` or longer.
  func oldest(since time: UInt64) -> Connection? {
    guard let first, first.deadline - patience <= time else { return nil }
    return first
  }

  /// Puts a connection that stands in no list at the end.
  func append(_ connection: Connection, now: UInt64) {
    connection.deadline = now + patience
    connection.list = self
    connection.previous = last
    if let last { last.next = connection } else { first = connection }
    last = connection
    deadline = first?.deadline ?? .max
    count += 1
  }

  func remove(_ connection: Connection) {
    let next = connection.next
    if let previous = connection.previous { previous.next = next } else { first = next }
    if let next { next.previous = connection.previous } else { last = connection.previous }
    deadline = first?.deadline ?? .max
    connection.next = nil
    connection.previous = nil
    connection.list = nil
    count -= 1
  }
}
