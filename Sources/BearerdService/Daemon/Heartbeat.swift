/// The control loop's own clockwork: it looks after the event loops, and tells systemd that all is well, but only
/// where every loop has gone round since that was last told.
struct Heartbeat {
  private let watch: LoopWatch
  private let manager: ServiceManager
  /// How often every loop must go round, in milliseconds, so that who does not stands out.
  private let nudgeInterval: UInt64
  private var lastNudge: UInt64
  private var lastPing: UInt64

  /// - Parameter now: in monotonic milliseconds, as everywhere here.
  init(_ watch: LoopWatch, _ manager: ServiceManager, at now: UInt64) {
    self.watch = watch
    self.manager = manager
    nudgeInterval = min(manager.watchdogInterval ?? .max, 5000)
    lastNudge = now
    lastPing = now
    watch.look(at: now)
    watch.nudge()
  }

  /// How long until there is something to do. While a loop is late: soon.
  func patience(at now: UInt64) -> UInt64 {
    let nudge = lastNudge + nudgeInterval
    let ping = manager.watchdogInterval.map { max(lastPing + $0, now + 100) } ?? .max
    let next = min(nudge, ping)
    return next > now ? next - now : 0
  }

  /// Has every loop take up new tokens, whether somebody asks it or not.
  func nudge() { watch.nudge() }

  /// Does what is due.
  mutating func beat(at now: UInt64) {
    watch.look(at: now)
    if now >= lastNudge + nudgeInterval {
      watch.nudge()
      lastNudge = now
    }
    guard let interval = manager.watchdogInterval, now >= lastPing + interval,
      watch.haveAllMoved(since: lastPing)
    else { return }
    manager.ping()
    lastPing = now
  }
}
