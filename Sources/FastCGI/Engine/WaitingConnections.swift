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
