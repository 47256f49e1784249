import Synchronization

/// The event loops of a daemon, from start to the last response.
public final class Server: Sendable {
  private let listeners: [Listener]
  private let controls: [LoopControl]
  private let worker: BackgroundWorker
  private let threads: Mutex<[Thread]>
  /// What each loop has done and holds.
  public let meters: [LoopMeter]

  /// Starts `options.loops` loops on `listeners`.
  /// - Parameters:
  ///   - names: the parameters that responders read.
  ///   - makeResponder: called once a loop, on the caller's thread.
  /// - Throws: `SystemError`, or what `makeResponder` throws; no loop runs then.
  public init(
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
        try Thread(name: "loop \(index)") { loop.run() }
      })
  }

  /// Makes every loop pass one round: an idle loop shows so that it is alive.
  public func wake() {
    for control in controls { control.wake() }
  }

  /// Begins a graceful end: nothing new is accepted, what was accepted is answered. Returns at once.
  public func drain() {
    for listener in listeners { listener.unlink() }
    for control in controls { control.drain() }
  }

  /// Waits until every loop has ended: at most two seconds after `drain`.
  public func wait() {
    // A thread may be joined once only.
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
    worker.end()
  }
}

/// Tunable settings of the event loops.
public struct EngineOptions: Sendable {
  /// How many event loops, each a thread.
  public var loops: Int
  /// How long a peer may send nothing, and then how long it may take to send a whole request, in milliseconds.
  public var requestTimeout: UInt64
  /// How long a kept connection may stay idle, in milliseconds. Longer than nginx's own 60 s, so that the web server
  /// closes it first.
  public var idleTimeout: UInt64
  /// How many connections may wait at once, over all loops; the oldest is closed for a new one.
  public var maximumConnections: Int
  /// How many bytes requests that have not arrived in full may hold, over all loops; the oldest is closed first. Each
  /// loop has an equal share, but always room for one request.
  public var requestMemory = 32 << 20
  /// How long a drain waits for fresh connections, in milliseconds.
  public var drainTimeout: UInt64 = 2000
  /// Which peers may connect over TCP; nil: all.
  public var peers: PeerFilter?

  /// - Parameter timeout: for a peer's request, in seconds.
  public init(loops: Int, timeout: Int, maximumConnections: Int) {
    self.loops = loops
    requestTimeout = UInt64(timeout) * 1000
    idleTimeout = UInt64(max(timeout, 75)) * 1000
    self.maximumConnections = maximumConnections
  }
}
