import Synchronization

/// The event loops of a daemon, from start to the last answer.
public final class Server: Sendable {
  private let listeners: [Listener]
  private let turn: ListenerTurn
  /// The loop that watched the listening sockets when `relieve` was last called, and its rounds then.
  private let watcher = Mutex((loop: 0, rounds: -1))
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
    let turn = try ListenerTurn(loops: options.loops)
    let crowd = Crowd(options)
    let loops = try (0..<options.loops).map { number in
      try EventLoop(
        listeners: listeners, number: number, turn: turn, options: options, names: names,
        responder: try makeResponder(),
        crowd: crowd
      )
    }
    meters = loops.map(\.meter)
    self.listeners = listeners
    self.turn = turn
    threads = Mutex(
      try loops.enumerated().map { index, loop in
        try Thread(name: "loop \(index)") { loop.run() }
      })
  }

  /// Lets every loop go round once: one that waits for nothing shows so that it is alive.
  public func wake() {
    for control in turn.controls { control.wake() }
  }

  /// To be called now and then: where the loop that watches the listening sockets has been at one thing since the last
  /// call, it hangs, and another one watches.
  public func relieve() {
    let loop = turn.holder
    let seen = (loop: loop, rounds: meters[loop][.rounds])
    let before = watcher.withLock { watcher in
      defer { watcher = seen }
      return watcher
    }
    if before == seen, !meters[loop].isWaiting { turn.pass(from: loop) }
  }

  /// Begins a graceful end: nothing new is accepted, what was accepted is answered. Returns at once.
  public func drain() {
    for listener in listeners { listener.unlink() }
    for control in turn.controls { control.drain() }
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
