import BearerAuth
import FastCGI
import Glibc
import Logging

/// `bearerd serve`, from the first check to the last answer.
public struct Daemon: Sendable {
  /// Where the tokens are.
  public var source: TokenSource
  /// Where it listens.
  public var listen: ListenPlan
  /// What the answers are.
  public var answers: AnswerOptions
  /// How many event loops.
  public var workers: Int
  /// A peer's deadline, in seconds.
  public var timeout: Int
  /// How many connections may wait at once.
  public var maximumConnections: Int
  /// How many bytes requests that are not yet whole may hold.
  public var requestMemory = 32 << 20
  /// Which peers may connect over TCP; nil: all.
  public var allowedPeers: [AddressBlock]?
  /// Whether a crash may leave a core file and a report, and a debugger may look: both may hold secrets.
  public var allowsCoreDumps = false

  /// Nothing is opened before `run`.
  public init(
    source: TokenSource, listen: ListenPlan, answers: AnswerOptions, workers: Int, timeout: Int,
    maximumConnections: Int
  ) {
    self.source = source
    self.listen = listen
    self.answers = answers
    self.workers = workers
    self.timeout = timeout
    self.maximumConnections = maximumConnections
  }

  /// Serves until SIGTERM, SIGINT or SIGUSR1, and answers what was accepted before it returns.
  /// - Throws: `TokenSourceError`, `SystemError` or `ListenPlan.Unavailable`, before anybody is served.
  public func run(logger: Logger) throws {
    Process.takeStandardDescriptors()
    Memory.returnWhatIsFreed()
    if !allowsCoreDumps { Secrecy.begin() }
    let signals = try SignalDescriptor([SIGTERM, SIGINT, SIGUSR1, SIGHUP])
    let manager = ServiceManager()
    let store = PolicyStore(.empty)
    let record = ReloadRecord(path: source.path)
    let reloader = Reloader(source: source, store: store, record: record, logger: logger)
    let loaded = try reloader.start(at: Daemon.now())
    let metrics = Metrics(store: store, reloads: record, started: Daemon.now())
    let journal = DenialLog(logger: logger)
    let (server, listeners) = try start(metrics: metrics, journal: journal)
    let watch = LoopWatch(server, at: Clock.monotonicMilliseconds())
    let places = listeners.map(\.address.description)
    metrics.watch(server, watch, on: places)
    if geteuid() == 0 {
      logger.warning(
        "running as root, which is not needed; start it as a user of its own: setpriv --reuid bearerd")
    }
    logger.notice("ready on \(places.joined(separator: ", ")): \(loaded.summary(at: Daemon.now()))")
    var control = ControlLoop(
      signals: signals.descriptor, reloader: reloader, journal: journal, metrics: metrics, manager: manager,
      heartbeat: Heartbeat(watch, manager, at: Clock.monotonicMilliseconds()), now: Daemon.now)
    Memory.unmapCode()
    control.run { signals.take() }
    logger.notice("stopping: answering what was accepted")
    manager.stopping()
    metrics.stop()
    server.drain()
    server.wait()
    journal.flush(at: .distantFuture)
    logger.notice("stopped")
  }

  private func start(metrics: Metrics, journal: DenialLog) throws -> (Server, [Listener]) {
    let listeners = try listen.open()
    guard allowedPeers == nil || listeners.allSatisfy(\.isTCP) else { throw ListenPlan.noPeersToAllow }
    // Some descriptors are ours: listeners, loops, logs, the files of a reload.
    let room = max(16, Process.raiseDescriptorLimit() - 64)
    var options = EngineOptions(
      loops: workers, timeout: timeout,
      maximumConnections: min(maximumConnections, room))
    options.requestMemory = requestMemory
    options.peers = allowedPeers.map { PeerFilter(admitting: $0) }
    let server = try Server(listeners: listeners, options: options, names: AuthParameter.names) {
      try AccessResponder(options: answers, metrics: metrics, journal: journal, now: Daemon.now)
    }
    return (server, listeners)
  }

  @Sendable private static func now() -> Instant { Instant(seconds: Clock.unixSeconds()) }
}
