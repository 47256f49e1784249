import BearerAuth
import CLinux
import FastCGI
import Glibc

/// The main thread while the event loops serve: signals, changed tokens, suppressed log lines, and the watchdog.
struct ControlLoop {
  let signals: Int32
  let reloader: Reloader
  let journal: DenialLog
  let metrics: Metrics
  let manager: ServiceManager
  var heartbeat: Heartbeat
  let now: @Sendable () -> Instant
  private var reported = (status: "", at: UInt64(0))

  /// The shortest time between two checks of the tokens, in milliseconds: events come in bursts.
  private static let rest: UInt64 = 50
  /// The longest time between two checks of the tokens, in milliseconds.
  private static let checkInterval: UInt64 = 1000
  /// The shortest time between two status lines, in milliseconds: the line changes with every check.
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

  /// Returns at the first signal that stops the daemon.
  /// - Parameter takeSignal: the next waiting signal.
  mutating func run(takeSignal: () -> Int32?) {
    reportReady()
    var checked = SystemClock.monotonicMilliseconds()
    var rested = checked
    while true {
      let isResting = SystemClock.monotonicMilliseconds() < rested
      let due = min(checked + ControlLoop.checkInterval, max(rested, reloader.deadline ?? .max))
      if wait(until: isResting || reloader.hasNews ? rested : due, forEvents: !isResting) {
        reloader.takeEvents()
      }
      // One only: SIGHUP may come again during each reload.
      if let signal = takeSignal() {
        guard signal == SIGHUP else { return }
        manager.reloading()
        reloader.reload(at: now(), SystemClock.monotonicMilliseconds())
        haveReloaded()
      }
      let time = SystemClock.monotonicMilliseconds()
      let hasNews = reloader.hasNews && time >= rested
      if hasNews || time >= due {
        if reloader.check(at: now(), time, willReload: manager.reloading) { haveReloaded() }
        checked = SystemClock.monotonicMilliseconds()
        rested = hasNews ? checked + ControlLoop.rest : checked
      }
      tick()
    }
  }

  private mutating func haveReloaded() {
    heartbeat.nudge()
    reportReady()
  }

  private mutating func reportReady() {
    reported = (metrics.statusLine, SystemClock.monotonicMilliseconds())
    manager.ready(reported.status)
  }

  private mutating func tick() {
    let time = SystemClock.monotonicMilliseconds()
    heartbeat.beat(at: time)
    metrics.tick(at: now())
    journal.flush(at: now())
    guard manager.isThere, time >= reported.at + ControlLoop.statusInterval else { return }
    let status = metrics.statusLine
    if status != reported.status { manager.report(status) }
    reported = (status, time)
  }

  /// - Parameter forEvents: whether inotify events end the wait.
  /// - Returns: whether there are such events.
  private func wait(until end: UInt64, forEvents: Bool) -> Bool {
    var descriptors = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
    if forEvents, let watch = reloader.watchDescriptor {
      descriptors.append(pollfd(fd: watch, events: Int16(POLLIN), revents: 0))
    }
    let now = SystemClock.monotonicMilliseconds()
    let limit = min(end > now ? end - now : 0, heartbeat.timeout(at: now))
    // The coarse clock may be late: without the extra 5 ms, the last wait would be repeated.
    poll(&descriptors, nfds_t(descriptors.count), Int32(limit) + 5)
    return descriptors.count > 1 && descriptors[1].revents != 0
  }
}

/// Signals as a readable descriptor; no signal handler ever runs.
struct SignalDescriptor: ~Copyable {
  /// Readable while a signal waits.
  let descriptor: Int32
  private let signals: [Int32]

  /// Blocks `signals` for this thread and the threads it starts, and ignores SIGPIPE.
  /// - Parameter signals: the most urgent first.
  init(_ signals: [Int32]) throws(SystemError) {
    self.signals = signals
    signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("signalfd") }
  }

  deinit { close(descriptor) }

  /// The most urgent of the waiting signals. A read of the descriptor would give SIGHUP before SIGTERM, by their numbers.
  func take() -> Int32? {
    signals.first { signal in
      var set = sigset_t()
      sigemptyset(&set)
      sigaddset(&set, signal)
      var none = timespec()
      return sigtimedwait(&set, nil, &none) == signal
    }
  }
}
