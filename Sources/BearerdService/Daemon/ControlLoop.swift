import BearerAuth
import CLinux
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

  /// Changes come in swarms: looks at the tokens are at least so far apart, in milliseconds.
  private static let rest: UInt64 = 50
  /// And at most so far.
  private static let lookInterval: UInt64 = 1000
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
    tellReady()
    var looked = SystemClock.monotonicMilliseconds()
    var rested = looked
    while true {
      let isResting = SystemClock.monotonicMilliseconds() < rested
      let due = min(looked + ControlLoop.lookInterval, max(rested, reloader.deadline ?? .max))
      if wait(until: isResting || reloader.hasNews ? rested : due, forEvents: !isResting) {
        reloader.takeEvents()
      }
      while let signal = takeSignal() {
        guard signal == SIGHUP else { return }
        manager.reloading()
        reloader.reload(at: now(), SystemClock.monotonicMilliseconds())
        haveReloaded()
      }
      let time = SystemClock.monotonicMilliseconds()
      let hasNews = reloader.hasNews && time >= rested
      if hasNews || time >= due {
        if reloader.look(at: now(), time, willReload: manager.reloading) { haveReloaded() }
        looked = SystemClock.monotonicMilliseconds()
        rested = hasNews ? looked + ControlLoop.rest : looked
      }
      tick()
    }
  }

  private mutating func haveReloaded() {
    heartbeat.nudge()
    tellReady()
  }

  private mutating func tellReady() {
    told = (metrics.statusLine, SystemClock.monotonicMilliseconds())
    manager.ready(told.status)
  }

  private mutating func tick() {
    let time = SystemClock.monotonicMilliseconds()
    heartbeat.beat(at: time)
    metrics.tick(at: now())
    journal.flush(at: now())
    guard manager.isThere, time >= told.at + ControlLoop.statusInterval else { return }
    let status = metrics.statusLine
    if status != told.status { manager.tell(status) }
    told = (status, time)
  }

  /// - Parameter forEvents: whether a change of the tokens ends the wait.
  /// - Returns: whether there are such changes.
  private func wait(until end: UInt64, forEvents: Bool) -> Bool {
    var descriptors = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
    if forEvents, let watch = reloader.watchDescriptor {
      descriptors.append(pollfd(fd: watch, events: Int16(POLLIN), revents: 0))
    }
    let now = SystemClock.monotonicMilliseconds()
    let limit = min(end > now ? end - now : 0, heartbeat.timeout(at: now))
    // The coarse clock is late, never early: one tick more, or the last wait would be repeated.
    poll(&descriptors, nfds_t(descriptors.count), Int32(limit) + 5)
    return descriptors.count > 1 && descriptors[1].revents != 0
  }
}

/// Signals as something to read, so that no handler ever runs.
struct SignalDescriptor: ~Copyable {
  let descriptor: Int32

  /// Blocks `signals` for this thread and all that it starts, and ignores SIGPIPE.
  init(_ signals: [Int32]) throws(SystemError) {
    signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("signalfd") }
  }

  deinit { close(descriptor) }

  /// The next signal that waits.
  func take() -> Int32? {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    return read(descriptor, &information, size) == size ? Int32(information.ssi_signo) : nil
  }
}
