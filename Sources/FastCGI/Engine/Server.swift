import CLinux
import Glibc
import Synchronization

/// The event loops of a daemon, from start to the last response.
package final class Server: Sendable {
  private let listeners: [Listener]
  private let controls: [LoopControl]
  private let worker: BackgroundWorker
  private let threads: Mutex<[PosixThread]>
  /// The counters of each loop.
  package let meters: [LoopMeter]

  /// Starts `options.loops` loops on `listeners`.
  /// - Parameters:
  ///   - names: the parameters that responders read.
  ///   - makeResponder: called once per loop, on this thread.
  /// - Throws: `SystemError`, or what `makeResponder` throws; then no loop runs.
  package init(
    listeners: [Listener], options: EngineOptions, names: ParameterNames,
    makeResponder: () throws -> any Responder
  ) throws {
    let budget = ConnectionBudget(options)
    let worker = try BackgroundWorker()
    let loops = try (0..<options.loops).map { _ in
      try EventLoop(
        listeners: listeners, control: LoopControl(), worker: worker, options: options, names: names,
        responder: try makeResponder(), budget: budget)
    }
    Fault.arm()
    if Fault.strikes(.tested) { throw LibFCGIUnavailable.unexpected }
    meters = loops.map(\.meter)
    controls = loops.map(\.control)
    self.listeners = listeners
    self.worker = worker
    threads = Mutex(
      try loops.enumerated().map { index, loop in
        try PosixThread(name: "loop \(index)") { loop.run() }
      })
  }

  /// Makes every loop pass one round: an idle loop shows that it is not stuck.
  package func wake() {
    for control in controls { control.wake() }
  }

  /// Begins a graceful stop: nothing new is accepted, accepted requests are answered. Returns at once.
  package func drain() {
    for listener in listeners { listener.unlink() }
    for control in controls { control.drain() }
  }

  /// Waits until every loop has ended: at most two seconds after `drain`.
  package func wait() {
    // A thread must be joined only once.
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
    worker.end()
  }
}

/// Tunable settings of the event loops.
package struct EngineOptions: Sendable {
  /// The number of event loops, each a thread.
  package var loops: Int
  /// How long a peer may send nothing, and then how long it may take for a complete request, in milliseconds.
  package var requestTimeout: UInt64
  /// How long a kept connection may be idle, in milliseconds. Longer than nginx's 60 s, so the web server
  /// closes it first.
  package var idleTimeout: UInt64
  /// The maximum number of waiting connections, over all loops; the oldest is closed for a new one.
  package var maximumConnections: Int
  /// The maximum bytes of incomplete requests, over all loops; the oldest is closed first. Each loop has an
  /// equal share, and always room for one request.
  package var requestMemory = 32 << 20
  /// How long a drain waits for connections without a request, in milliseconds.
  package var drainTimeout: UInt64 = 2000
  /// The peers that may connect over TCP; nil: all.
  package var peers: PeerFilter?

  /// - Parameter timeout: for a request, in seconds.
  package init(loops: Int, timeout: Int, maximumConnections: Int) {
    self.loops = loops
    requestTimeout = UInt64(timeout) * 1000
    idleTimeout = UInt64(max(timeout, 75)) * 1000
    self.maximumConnections = maximumConnections
  }
}

/// Controls an event loop from other threads: wakes it, passes it a response, and stops it.
final class LoopControl: Sendable {
  /// Readable after `wake` or `drain`.
  let descriptor: Int32
  private let drains = Atomic(false)
  private let responses = Mutex<[MadeResponse]>([])

  init() throws(SystemError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("eventfd") }
  }

  deinit { close(descriptor) }

  var shouldDrain: Bool { drains.load(ordering: .acquiring) }

  func drain() {
    drains.store(true, ordering: .releasing)
    wake()
  }

  /// Makes the loop pass one round, unless it is stuck.
  func wake() {
    var one: UInt64 = 1
    write(descriptor, &one, 8)
  }

  /// Passes a response to the loop, which sends it.
  func handOver(_ response: MadeResponse) {
    responses.withLock { $0.append(response) }
    wake()
  }

  func takeResponses() -> [MadeResponse] {
    responses.withLock { responses in
      defer { responses = [] }
      return responses
    }
  }

  func acknowledge() {
    var count: UInt64 = 0
    read(descriptor, &count, 8)
  }
}

/// A response from another thread for a connection of a loop.
struct MadeResponse: Sendable {
  /// The connection's key; the connection may be closed by now.
  var connection: UInt64
  /// Complete records.
  var records: [UInt8]
}

/// Counters of one event loop. Its loop writes, any thread reads.
package final class LoopMeter: Sendable {
  /// The values that are counted.
  package enum Figure: Int, CaseIterable, Sendable {
    /// How often the loop has waited; constant while it is stuck.
    case rounds
    /// Connections accepted.
    case accepted
    /// Open connections whose request, or whose end, has not arrived.
    case reading
    /// Bytes allocated for requests that did not arrive in one piece.
    case bytesTaken
    /// Bytes of those that were freed.
    case bytesFreed
    /// Open connections that were answered and are kept.
    case idle
    /// Connections closed at their deadline.
    case timedOut
    /// Connections closed to make room for newer ones.
    case evicted
    /// Connections closed at once because the peer is not allowed.
    case peerNotAllowed
  }

  private let cells = PerThreadCounters(count: Figure.allCases.count)

  /// The value last written by the loop.
  package subscript(figure: Figure) -> Int { Int(clamping: cells[figure.rawValue]) }

  func count(_ figure: Figure, _ amount: Int = 1) { cells.add(UInt64(amount), at: figure.rawValue) }

  /// The loop is about to wait.
  func passRound(reading: Int, idle: Int) {
    cells.add(at: Figure.rounds.rawValue)
    cells.set(UInt64(reading), at: Figure.reading.rawValue)
    cells.set(UInt64(idle), at: Figure.idle.rawValue)
  }
}

/// A row of counters that one thread writes and any thread may read: no lock, and no instruction that waits for
/// another core. All begin at 0.
///
/// A reader sees each value complete, possibly a moment late; two values need not be of the same moment.
package struct PerThreadCounters: ~Copyable, @unchecked Sendable {
  /// A row has cache lines of its own, so two loops never contend for one; processors fetch lines in pairs.
  private static let alignment = 128

  private let start: UnsafeMutablePointer<Atomic<UInt64>>
  /// The number of counters.
  package let count: Int

  /// A row of `count` counters.
  package init(count: Int) {
    let bytes =
      (count * 8 + PerThreadCounters.alignment - 1) / PerThreadCounters.alignment
      * PerThreadCounters.alignment
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: PerThreadCounters.alignment)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    // An atomic number has the representation of the number.
    start = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    self.count = count
  }

  deinit { start.deallocate() }

  /// The value at `index`, from any thread.
  package subscript(index: Int) -> UInt64 {
    precondition(index >= 0 && index < count)
    return start[index].load(ordering: .relaxed)
  }

  /// Adds to the value at `index`, by a plain load and store; only from the thread that writes.
  package func add(_ amount: UInt64 = 1, at index: Int) {
    precondition(index >= 0 && index < count)
    start[index].store(start[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Sets the value at `index`; only from the thread that writes.
  package func set(_ value: UInt64, at index: Int) {
    precondition(index >= 0 && index < count)
    start[index].store(value, ordering: .relaxed)
  }
}
