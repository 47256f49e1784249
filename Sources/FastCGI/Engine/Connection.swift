/// A connection that has to be waited for. One whose request was there when it was accepted never becomes an object.
final class Connection {
  let descriptor: Int32
  /// Tells this connection from an earlier one with the same descriptor's number.
  let key: UInt64
  /// What came so far, if a request came in parts.
  var received: [UInt8] = []
  /// How much of its loop's memory for requests `received` was last counted as, in bytes.
  var countedBytes = 0
  var gate: Gate
  /// The request whose response another thread is making.
  var pending: Gate.Request?
  /// The unsent remainder of a long response.
  var unsent: UnsentResponse?
  /// Whether it was answered, and is open only until the peer's last bytes have arrived: closing on them would reset
  /// the connection, and lose the response.
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

  /// Removes the first `count` bytes, which were handled and may hold a secret.
  func removeFirst(_ count: Int) {
    var rest = Array(received[count...])
    swap(&rest, &received)
    rest.wipe()
  }

  deinit { received.wipe() }
}

/// A response that did not leave in one write.
struct UnsentResponse {
  let bytes: [UInt8]
  let request: Gate.Request
  /// How many bytes have left.
  var sent = 0
}

/// Connections in the order of their deadlines: all of a list have the same timeout.
final class WaitList {
  private unowned(unsafe) var first: Connection?
  private unowned(unsafe) var last: Connection?
  private(set) var count = 0
  /// The deadline of the oldest; never, if there is none.
  private(set) var deadline = UInt64.max
  /// How long a connection may stay in this list, in milliseconds.
  let timeout: UInt64

  init(timeout: UInt64) { self.timeout = timeout }

  /// The connection whose deadline is next.
  var oldest: Connection? { first }

  /// The same, if it was put here at `time` or earlier.
  func oldest(since time: UInt64) -> Connection? {
    guard let first, first.deadline - timeout <= time else { return nil }
    return first
  }

  /// Appends a connection that is in no list.
  func append(_ connection: Connection, now: UInt64) {
    connection.deadline = now + timeout
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
