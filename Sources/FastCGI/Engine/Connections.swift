import Synchronization

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

/// The connections of one loop that have to be waited for, and what they may hold together.
struct WaitingConnections {
  /// Room for the largest request while its array grows.
  private static let minimumRequestMemory = 4 * (Gate.maximumHead + Gate.maximumBody)

  /// Those whose request, or whose end, is still to come, and that hold no part of it.
  let reading: WaitList
  /// Those that hold a part of their request.
  let receiving: WaitList
  /// Those that were answered and kept.
  let idle: WaitList

  private let budget: ConnectionBudget
  /// How many bytes of unfinished requests this loop may hold, and how many it does.
  private let requestMemory: Int
  private var requestBytes = 0
  private var byDescriptor: [Connection?] = []
  private var generation: UInt32 = 0

  init(_ options: EngineOptions, budget: ConnectionBudget) {
    self.budget = budget
    reading = WaitList(timeout: options.requestTimeout)
    receiving = WaitList(timeout: options.requestTimeout)
    idle = WaitList(timeout: options.idleTimeout)
    requestMemory = max(
      WaitingConnections.minimumRequestMemory, options.requestMemory / options.loops)
  }

  var count: Int { reading.count + receiving.count + idle.count }

  var all: [Connection] { byDescriptor.compactMap(\.self) }

  /// The first deadline of all; never, if there is none.
  var deadline: UInt64 { min(reading.deadline, receiving.deadline, idle.deadline) }

  /// The connection with this key; nil if it was closed earlier in this round.
  func connection(_ key: UInt64) -> Connection? {
    let descriptor = Int(key & UInt64(UInt32.max))
    guard descriptor < byDescriptor.count, let connection = byDescriptor[descriptor], connection.key == key
    else { return nil }
    return connection
  }

  /// Whether a connection has to be closed before another one may wait.
  var isFull: Bool { budget.isFull(with: count) }

  /// Whether a connection has to be closed because another loop took what is its share.
  var isOverShare: Bool { budget.isOverShare(with: count) }

  /// Whether unfinished requests hold more than they may.
  var isOverMemory: Bool { requestBytes > requestMemory }

  mutating func add(_ descriptor: Int32, gate: Gate) -> Connection {
    generation = generation >= UInt32.max - 1 ? 0 : generation + 1
    let connection = Connection(descriptor: descriptor, generation: generation, gate: gate)
    while byDescriptor.count <= Int(descriptor) { byDescriptor.append(nil) }
    byDescriptor[Int(descriptor)] = connection
    budget.add()
    return connection
  }

  mutating func remove(_ connection: Connection) {
    connection.list?.remove(connection)
    byDescriptor[Int(connection.descriptor)] = nil
    budget.remove()
  }

  /// Counts what a connection holds of its request, in bytes of memory.
  /// - Returns: by how much that has grown.
  mutating func setBytes(of connection: Connection, to bytes: Int) -> Int {
    let growth = bytes - connection.countedBytes
    requestBytes += growth
    connection.countedBytes = bytes
    return growth
  }

  /// The oldest connection that may be closed for a newer one: an idle one before one that is still to send something.
  /// - Parameter time: when such a one must have begun to wait at the latest.
  func oldest(since time: UInt64) -> Connection? {
    if let idle = idle.oldest { return idle }
    let candidates = [reading.oldest(since: time), receiving.oldest(since: time)].compactMap(\.self)
    return candidates.min { $0.deadline < $1.deadline }
  }
}

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
