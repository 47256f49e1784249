import FastCGI
import Glibc

/// Monitors the event loops, and pings the systemd watchdog, but only if every loop has made progress since the
/// last ping.
struct Heartbeat {
  private let watch: LoopWatch
  private let manager: ServiceManager
  /// How often every loop is woken, in milliseconds: a loop that makes no progress then is stuck.
  private let nudgeInterval: UInt64
  private var lastNudge: UInt64
  private var lastPing: UInt64

  /// - Parameter now: in monotonic milliseconds, like all times here.
  init(_ watch: LoopWatch, _ manager: ServiceManager, at now: UInt64) {
    self.watch = watch
    self.manager = manager
    nudgeInterval = min(manager.watchdogInterval ?? .max, 5000)
    lastNudge = now
    lastPing = now
    watch.observe(at: now)
    watch.nudge()
  }

  /// How long until something is due; short while a loop is late.
  func timeout(at now: UInt64) -> UInt64 {
    let nudge = lastNudge + nudgeInterval
    let ping = manager.watchdogInterval.map { max(lastPing + $0, now + 100) } ?? .max
    let next = min(nudge, ping)
    return next > now ? next - now : 0
  }

  /// Wakes every loop, to take up new tokens even if no request arrives.
  func nudge() { watch.nudge() }

  /// Does what is due.
  mutating func beat(at now: UInt64) {
    watch.observe(at: now)
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

/// Whether the event loops make progress. The control loop observes them and wakes each after every
/// observation: one that makes no progress then is stuck, whatever it waits for. Any thread may read the
/// result.
final class LoopWatch: Sendable {
  /// A loop without progress for this time is stuck, in milliseconds.
  static let timeout: UInt64 = 15_000

  private let server: Server
  /// For each loop its rounds at the last observation, and when progress was last observed, in monotonic
  /// milliseconds.
  private let rounds: PerThreadCounters
  private let moved: PerThreadCounters
  /// When the control loop last observed the loops.
  private let observed = PerThreadCounters(count: 1)

  init(_ server: Server, at now: UInt64) {
    self.server = server
    rounds = PerThreadCounters(count: server.meters.count)
    moved = PerThreadCounters(count: server.meters.count)
    for loop in server.meters.indices { moved.set(now, at: loop) }
    observed.set(now, at: 0)
  }

  /// Records which loops have made progress. Called by the control loop only.
  func observe(at now: UInt64) {
    for (loop, meter) in server.meters.enumerated() where UInt64(meter[.rounds]) != rounds[loop] {
      rounds.set(UInt64(meter[.rounds]), at: loop)
      moved.set(now, at: loop)
    }
    observed.set(now, at: 0)
  }

  /// Wakes every loop once.
  func nudge() { server.wake() }

  /// Whether progress of every loop was observed after `time`.
  func haveAllMoved(since time: UInt64) -> Bool {
    server.meters.indices.allSatisfy { moved[$0] > time }
  }

  /// What is stuck, as a message; nil if nothing is.
  func complaint(at now: UInt64) -> String? {
    for loop in server.meters.indices where now > moved[loop] + LoopWatch.timeout {
      return "event loop \(loop) is stuck (\((now - moved[loop]) / 1000) s without progress)"
    }
    guard now > observed[0] + 2 * LoopWatch.timeout else { return nil }
    return "the control loop is stuck (\((now - observed[0]) / 1000) s without signals and reloads)"
  }
}

/// The protocol with systemd (sd_notify(3), sd_watchdog_enabled(3)). Without systemd it does nothing.
struct ServiceManager: Sendable {
  private let sender: DatagramSender?
  /// Whether systemd is notified.
  var isThere: Bool { sender != nil }
  /// How often systemd expects a ping, in milliseconds: half of its timeout. Nil: never.
  let watchdogInterval: UInt64?

  /// Removes NOTIFY_SOCKET and the watchdog's variables from the environment; child processes must not notify
  /// systemd. Call it before other threads run, which may read the environment.
  init() {
    sender = ServiceManager.take("NOTIFY_SOCKET").flatMap { DatagramSender(path: $0) }
    let microseconds = ServiceManager.take("WATCHDOG_USEC").flatMap { UInt64($0) }
    let process = ServiceManager.take("WATCHDOG_PID")
    let isOurs = process == nil || process == String(getpid())
    watchdogInterval = sender != nil && isOurs ? microseconds.map { max(1, $0 / 2000) } : nil
  }

  /// The daemon serves, or has reloaded the tokens.
  func ready(_ status: String) { sender?.send("READY=1\nSTATUS=\(status)") }

  /// A reload begins; `ready` ends it.
  func reloading() {
    sender?.send("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonicNanoseconds() / 1000)")
  }

  /// The daemon stops: nothing new is served.
  func stopping() { sender?.send("STOPPING=1\nSTATUS=answering accepted requests") }

  func ping() { sender?.send("WATCHDOG=1") }

  /// Sets the status line of `systemctl status`.
  func report(_ status: String) { sender?.send("STATUS=\(status)") }

  private static func take(_ name: String) -> String? {
    guard let value = getenv(name).map({ String(cString: $0) }) else { return nil }
    unsetenv(name)
    return value
  }
}
