import Synchronization

/// The event loops of a daemon, from start to the last answer.
public final class Server: Sendable {
  private let listeners: [Listener]
  private let controls: [LoopControl]
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
    let controls = try (0..<options.loops).map { _ in try LoopControl() }
    let crowd = Crowd(options)
    let loops = try controls.map { control in
      try EventLoop(
        listeners: listeners, control: control, options: options, names: names,
        responder: try makeResponder(),
        crowd: crowd
      )
    }
    meters = loops.map(\.meter)
    self.listeners = listeners
    self.controls = controls
    threads = Mutex(
      try loops.enumerated().map { index, loop in
        try Thread(name: "loop \(index)") { loop.run() }
      })
  }

  /// Lets every loop go round once: one that waits for nothing shows so that it is alive.
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
  }
}
