import FastCGI
import Glibc

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
  func timeout(at now: UInt64) -> UInt64 {
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

/// Whether the event loops go round. The control loop looks, and lets each go round once after every look: one that
/// does not then is held up, whatever it waits for. Any thread may ask.
final class LoopWatch: Sendable {
  /// A loop that has not moved for so long hangs, in milliseconds.
  static let timeout: UInt64 = 15_000

  private let server: Server
  /// For each loop its rounds at the last look, and when it was last seen to have moved, in monotonic milliseconds.
  private let rounds: PerThreadCounters
  private let moved: PerThreadCounters
  /// When the control loop last looked.
  private let looked = PerThreadCounters(count: 1)

  init(_ server: Server, at now: UInt64) {
    self.server = server
    rounds = PerThreadCounters(count: server.meters.count)
    moved = PerThreadCounters(count: server.meters.count)
    for loop in server.meters.indices { moved.set(now, at: loop) }
    looked.set(now, at: 0)
  }

  /// Notes which loops have moved. Only from the control loop.
  func look(at now: UInt64) {
    for (loop, meter) in server.meters.enumerated() where UInt64(meter[.rounds]) != rounds[loop] {
      rounds.set(UInt64(meter[.rounds]), at: loop)
      moved.set(now, at: loop)
    }
    looked.set(now, at: 0)
  }

  /// Lets every loop go round once.
  func nudge() { server.wake() }

  /// Whether every loop was seen to move after `time`.
  func haveAllMoved(since time: UInt64) -> Bool {
    server.meters.indices.allSatisfy { moved[$0] > time }
  }

  /// What hangs, for people; nil where nothing does.
  func complaint(at now: UInt64) -> String? {
    for loop in server.meters.indices where now > moved[loop] + LoopWatch.timeout {
      return "loop \(loop) has not moved for \((now - moved[loop]) / 1000) seconds"
    }
    guard now > looked[0] + 2 * LoopWatch.timeout else { return nil }
    return "no signal and no reload is taken for \((now - looked[0]) / 1000) seconds"
  }
}

/// What systemd is told, and what it asks for (sd_notify(3), sd_watchdog_enabled(3)). Without systemd nobody is told.
struct ServiceManager: Sendable {
  private let sender: DatagramSender?
  /// Whether anybody is told.
  var isThere: Bool { sender != nil }
  /// How often systemd wants to hear that we are alive, in milliseconds: half of what it would wait. Nil: not at all.
  let watchdogInterval: UInt64?

  /// Takes NOTIFY_SOCKET and the watchdog's variables out of the environment, so that nobody speaks for us. Not
  /// beside other threads, which may be reading the environment.
  init() {
    sender = ServiceManager.take("NOTIFY_SOCKET").flatMap { DatagramSender(path: $0) }
    let microseconds = ServiceManager.take("WATCHDOG_USEC").flatMap { UInt64($0) }
    let process = ServiceManager.take("WATCHDOG_PID")
    let isOurs = process == nil || process == String(getpid())
    watchdogInterval = sender != nil && isOurs ? microseconds.map { max(1, $0 / 2000) } : nil
  }

  /// The daemon serves, or has read its tokens again.
  func ready(_ status: String) { sender?.send("READY=1\nSTATUS=\(status)") }

  /// The tokens are read again from now on; `ready` ends it.
  func reloading() {
    sender?.send("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonicNanoseconds() / 1000)")
  }

  /// Nothing new is served from now on.
  func stopping() { sender?.send("STOPPING=1\nSTATUS=answering what was accepted") }

  /// The daemon lives.
  func ping() { sender?.send("WATCHDOG=1") }

  /// A line for `systemctl status`.
  func tell(_ status: String) { sender?.send("STATUS=\(status)") }

  private static func take(_ name: String) -> String? {
    guard let value = getenv(name).map({ String(cString: $0) }) else { return nil }
    unsetenv(name)
    return value
  }
}
