import BearerAuth
import FastCGI
import Glibc

/// The main thread while the event loops serve: signals, changed tokens, lines held back, and whether all is well.
struct ControlLoop {
  let signals: Int32
  let reloader: Reloader
  let journal: DenialLog
  let metrics: Metrics
  let manager: ServiceManager
  var heartbeat: Heartbeat
  let now: @Sendable () -> Instant
  private var told = (status: "", at: UInt64(0))

  /// Changes come in swarms: reloads are at least so far apart, in milliseconds.
  private static let reloadInterval: UInt64 = 50
  /// The status line changes with every check: it is told at least so far apart, in milliseconds.
  private static let statusInterval: UInt64 = 5000

  init(
    signals: Int32, reloader: Reloader, journal: DenialLog, metrics: Metrics, manager: ServiceManager,
    heartbeat: Heartbeat, now: @escaping @Sendable () -> Instant
  ) {
    self.signals = signals
    self.reloader = reloader
    self.journal = journal
    self.metrics = metrics
    self.manager = manager
    self.heartbeat = heartbeat
    self.now = now
  }

  /// Returns at the first signal that ends the daemon.
  /// - Parameter takeSignal: the next signal that waits.
  mutating func run(takeSignal: () -> Int32?) {
    manager.ready(metrics.statusLine)
    var mustReload = false
    while true {
      // Once a second it looks whether lines are held back, and whether a folder that was missing has come.
      wait(atMost: mustReload ? ControlLoop.reloadInterval : 1000)
      while let signal = takeSignal() {
        guard signal == SIGHUP else { return }
        mustReload = reload(isOrdered: true)
      }
      if mustReload {
        mustReload = reload(isOrdered: false)
      } else if reloader.isBlind {
        mustReload = reloader.reload(at: now())
        heartbeat.nudge()
      } else {
        mustReload = reloader.hasChanged()
      }
      tick()
    }
  }

  /// One that systemd is told of.
  private func reload(isOrdered: Bool) -> Bool {
    manager.reloading()
    defer {
      heartbeat.nudge()
      manager.ready(metrics.statusLine)
    }
    return reloader.reload(at: now(), isOrdered: isOrdered)
  }

  private mutating func tick() {
    let time = Clock.monotonicMilliseconds()
    heartbeat.beat(at: time)
    metrics.tick(at: now())
    journal.flush(at: now())
    guard manager.isThere, time >= told.at + ControlLoop.statusInterval else { return }
    let status = metrics.statusLine
    if status != told.status { manager.tell(status) }
    told = (status, time)
  }

  private func wait(atMost milliseconds: UInt64) {
    var descriptors = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
    // While a reload is due anyway, further changes need not wake us.
    if let watch = reloader.watchDescriptor, milliseconds != ControlLoop.reloadInterval {
      descriptors.append(pollfd(fd: watch, events: Int16(POLLIN), revents: 0))
    }
    let limit = min(milliseconds, heartbeat.patience(at: Clock.monotonicMilliseconds()))
    // The coarse clock is late, never early: one tick more, or the last wait would be repeated.
    poll(&descriptors, nfds_t(descriptors.count), Int32(limit) + 5)
  }
}
