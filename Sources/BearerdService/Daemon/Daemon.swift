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
  /// How many event loops; nil: one a processor.
  public var workers: Int?
  /// A peer's deadline, in seconds.
  public var timeout: Int
  /// How many connections may wait at once.
  public var maximumConnections: Int
  /// Whether a crash may leave a core file and a report, and a debugger may look: both may hold secrets.
  public var allowsCoreDumps = false

  /// Nothing is opened before `run`.
  public init(
    source: TokenSource, listen: ListenPlan, answers: AnswerOptions, workers: Int?, timeout: Int,
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
    if !allowsCoreDumps { Secrecy.begin() }
    let signals = try SignalDescriptor([SIGTERM, SIGINT, SIGUSR1, SIGHUP])
    let store = PolicyStore(.empty)
    let reloader = Reloader(source: source, store: store, logger: logger)
    let loaded = try source.load()
    guard loaded.isUsable else { throw TokenSourceError.unusable(loaded.issues) }
    for issue in loaded.issues { logger.warning("\(issue)") }
    store.replace(with: Policy(loaded.tokens))
    let journal = DenialLog(logger: logger)
    let (server, listeners) = try start(store: store, journal: journal)
    let places = listeners.map(\.address.description).joined(separator: ", ")
    logger.notice("ready on \(places): \(loaded.summary(at: Daemon.now()))")
    ControlLoop(signals: signals.descriptor, reloader: reloader, journal: journal, now: Daemon.now).run {
      signals.take()
    }
    logger.notice("stopping: answering what was accepted")
    server.drain()
    server.wait()
    journal.flush(at: .distantFuture)
    logger.notice("stopped")
  }

  private func start(store: PolicyStore, journal: DenialLog) throws -> (Server, [Listener]) {
    let listeners = try listen.open()
    // Some descriptors are ours: listeners, loops, logs, the files of a reload.
    let room = max(16, Process.raiseDescriptorLimit() - 64)
    let options = EngineOptions(
      loops: workers ?? Process.processors, timeout: timeout,
      maximumConnections: min(maximumConnections, room))
    let server = try Server(listeners: listeners, options: options, names: AuthParameter.names) {
      try AccessResponder(options: answers, store: store, journal: journal, now: Daemon.now)
    }
    return (server, listeners)
  }

  @Sendable private static func now() -> Instant { Instant(seconds: Clock.unixSeconds()) }
}
