import Synchronization

/// A connection that waits. If a request is complete when its connection is accepted, no object is created.
final class Connection {
  let descriptor: Int32
  /// Distinguishes this connection from an earlier one with the same descriptor.
  let key: UInt64
  /// The bytes received so far, if the request arrives in parts.
  var received: [UInt8] = []
  /// The memory of `received`, in bytes, when it was last counted.
  var countedBytes = 0
  var gate: Gate
  /// The request whose response another thread prepares.
  var pending: Gate.Request?
  /// The unsent remainder of a long response.
  var unsent: UnsentResponse?
  /// Whether it was answered, and stays open only until the peer's last bytes have arrived: closing before
  /// would reset the connection and lose the response.
  var isLingering = false

  // The links of a wait list. The loop's table owns all connections, and removes one from its list first.
  var deadline: UInt64 = 0
  unowned(unsafe) var list: WaitList?
  unowned(unsafe) var next: Connection?
  unowned(unsafe) var previous: Connection?

  init(descriptor: Int32, generation: UInt32, gate: Gate) {
    self.descriptor = descriptor
    self.gate = gate
    key = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
  }

  /// Removes the first `count` bytes, which were processed and may contain a secret.
  func removeFirst(_ count: Int) {
    var rest = Array(received[count...])
    swap(&rest, &received)
    rest.wipe()
  }

  deinit { received.wipe() }
}

/// A response that did not fit in one write.
struct UnsentResponse {
  let bytes: [UInt8]
  let request: Gate.Request
  /// The number of bytes sent.
  var sent = 0
}

/// Connections in the order of their deadlines: all of a list have the same timeout.
final class WaitList {
  private unowned(unsafe) var first: Connection?
  private unowned(unsafe) var last: Connection?
  private(set) var count = 0
  /// The deadline of the oldest; the maximum if the list is empty.
  private(set) var deadline = UInt64.max
  /// How long a connection may stay in this list, in milliseconds.
  let timeout: UInt64

  init(timeout: UInt64) { self.timeout = timeout }

  /// The connection whose deadline is next.
  var oldest: Connection? { first }

  /// The same, if it was added at `time` or earlier.
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

/// The waiting connections of one loop, and the limits on them.
struct WaitingConnections {
  /// The memory of the largest request while its array grows.
  private static let minimumRequestMemory = 4 * (Gate.maximumHead + Gate.maximumBody)

  /// Connections whose request, or whose end, has not arrived, and of which no part is stored.
  let reading: WaitList
  /// Connections with a stored part of their request.
  let receiving: WaitList
  /// Connections that were answered and are kept open.
  let idle: WaitList

  private let budget: ConnectionBudget
  /// The maximum bytes of incomplete requests in this loop, and the current number.
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

  /// The next deadline of all; the maximum if there is none.
  var deadline: UInt64 { min(reading.deadline, receiving.deadline, idle.deadline) }

  /// The connection with this key; nil if it was closed earlier in this round.
  func connection(_ key: UInt64) -> Connection? {
    let descriptor = Int(key & UInt64(UInt32.max))
    guard descriptor < byDescriptor.count, let connection = byDescriptor[descriptor], connection.key == key
    else { return nil }
    return connection
  }

  /// Whether a connection must be closed before another one may wait.
  var isFull: Bool { budget.isFull(with: count) }

  /// Whether a connection must be closed because another loop exceeds the limit by its share.
  var isOverShare: Bool { budget.isOverShare(with: count) }

  /// Whether incomplete requests exceed the memory limit.
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

  /// Sets the memory counted for a connection's request, in bytes.
  /// - Returns: the growth.
  mutating func setBytes(of connection: Connection, to bytes: Int) -> Int {
    let growth = bytes - connection.countedBytes
    requestBytes += growth
    connection.countedBytes = bytes
    return growth
  }

  /// The oldest connection that may be closed for a newer one: an idle one first, then one that has not sent
  /// its request.
  /// - Parameter time: a connection of the second kind must have begun to wait by then.
  func oldest(since time: UInt64) -> Connection? {
    if let idle = idle.oldest { return idle }
    let candidates = [reading.oldest(since: time), receiving.oldest(since: time)].compactMap(\.self)
    return candidates.min { $0.deadline < $1.deadline }
  }
}

/// The limit on waiting connections, over all loops. The kernel does not distribute connections evenly: one
/// loop may hold nearly all of them, while there is room.
final class ConnectionBudget: Sendable {
  private let maximum: Int
  /// The number that each loop may always hold.
  private let share: Int
  private let waiting = Atomic(0)

  init(_ options: EngineOptions) {
    maximum = max(1, options.maximumConnections)
    share = max(1, options.maximumConnections / options.loops)
  }

  func add() { waiting.add(1, ordering: .relaxed) }

  func remove() { waiting.subtract(1, ordering: .relaxed) }

  /// Whether a loop with `count` connections must close one before it takes another.
  func isFull(with count: Int) -> Bool { count >= share && waiting.load(ordering: .relaxed) >= maximum }

  /// Whether a loop with `count` connections must close one because another loop needs its own share.
  func isOverShare(with count: Int) -> Bool { count > share && waiting.load(ordering: .relaxed) > maximum }
}
