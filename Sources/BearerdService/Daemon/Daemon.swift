import BearerAuth
import CLinux
import FastCGI
import Glibc
import Logging

/// `bearerd serve`, from start to stop.
package struct Daemon: Sendable {
  /// The path of the tokens.
  package var source: TokenSource
  /// The sockets to listen on.
  package var listen: ListenPlan
  /// The settings of the responses.
  package var answers: AnswerOptions
  /// The number of event loops.
  package var workers: Int
  /// How long a connection may wait, in seconds.
  package var timeout: Int
  /// The maximum number of waiting connections.
  package var maximumConnections: Int
  /// The maximum bytes of all incomplete requests.
  package var requestMemory = 32 << 20
  /// The peers that may connect over TCP; nil: all.
  package var allowedPeers: [AddressBlock]?
  /// Whether a crash may write a core file and a report, and a debugger may attach: all may reveal secrets.
  package var allowsCoreDumps = false

  /// Opens nothing before `run`.
  package init(
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

  /// Serves until SIGTERM, SIGINT or SIGUSR1, and answers all accepted requests before it returns.
  /// - Throws: `TokenSourceError`, `SystemError` or `ListenPlan.Unavailable`, before the first request.
  package func run(logger: Logger) throws {
    DaemonProcess.takeStandardDescriptors()
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
    let watch = LoopWatch(server, at: SystemClock.monotonicMilliseconds())
    let places = listeners.map(\.address.description)
    metrics.watch(server, watch, on: places)
    if geteuid() == 0 {
      logger.warning(
        "running as root, which is not needed; use a separate user: setpriv --reuid bearerd")
    }
    logger.notice("ready on \(places.joined(separator: ", ")): \(loaded.summary(at: Daemon.now()))")
    var control = ControlLoop(
      signals: signals.descriptor, reloader: reloader, journal: journal, metrics: metrics, manager: manager,
      heartbeat: Heartbeat(watch, manager, at: SystemClock.monotonicMilliseconds()), now: Daemon.now)
    control.run { signals.take() }
    logger.notice("stopping: answering accepted requests")
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
    // Reserves descriptors for listeners, loops, logs and the files of a reload.
    let room = max(16, DaemonProcess.raiseDescriptorLimit() - 64)
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

  @Sendable private static func now() -> Instant { Instant(seconds: SystemClock.unixSeconds()) }
}

/// The sockets to listen on: new ones, or inherited ones.
package struct ListenPlan: Sendable {
  /// The address given by the administrator; nil: inherited sockets only.
  package var address: ListenAddress?
  /// The mode of a unix socket's file.
  package var socketMode: UInt32
  /// The owner of a unix socket's file; nil: the current user.
  package var socketOwner: Owner?

  /// By default only inherited sockets.
  package init(address: ListenAddress? = nil, socketMode: UInt32 = 0o660, socketOwner: Owner? = nil) {
    self.address = address
    self.socketMode = socketMode
    self.socketOwner = socketOwner
  }

  /// There is no socket to listen on; says what to configure.
  package struct Unavailable: Error, CustomStringConvertible {
    package var description: String
  }

  /// `--allow-peer` with an inherited unix socket.
  static let noPeersToAllow = Unavailable(
    description:
      "--allow-peer does not apply to unix sockets, whose peers have no address; restrict access by "
      + "the socket's owner and mode, and remove --allow-peer")

  /// Opens the sockets, or takes the inherited ones.
  /// - Throws: `SystemError` or `Unavailable`.
  func open() throws -> [Listener] {
    switch address {
    case .unix(let path): return [try Listener.unix(path: path, mode: socketMode, owner: socketOwner)]
    case .tcp(let host, let port): return try Listener.tcp(host: host, port: port)
    case .descriptor(let descriptor):
      return [try Listener(inheriting: descriptor, as: .descriptor(descriptor))]
    case .systemd(let name): return try passed(named: name)
    case nil: return try inherited()
    }
  }

  private func inherited() throws -> [Listener] {
    if !ListenPlan.passedSockets().isEmpty { return try passed(named: nil) }
    // spawn-fcgi and mod_fcgid leave the socket on descriptor 0 (FastCGI 1.0, section 2.2).
    if let listener = try? Listener(inheriting: 0, as: .descriptor(0)) { return [listener] }
    throw Unavailable(
      description:
        "nothing to listen on; use --listen unix:/run/bearerd/bearerd.sock, or start bearerd from systemd "
        + "or spawn-fcgi with a socket")
  }

  private func passed(named name: String?) throws -> [Listener] {
    let sockets = ListenPlan.passedSockets().filter { name == nil || $0.name == name }
    guard !sockets.isEmpty else {
      let wanted = name.map { " named \($0); set FileDescriptorName=\($0) in the socket unit" }
      throw Unavailable(
        description: "systemd passed no socket" + (wanted ?? "; start the socket unit, or use --listen"))
    }
    return try sockets.map { try Listener(inheriting: $0.descriptor, as: .systemd(name: $0.name)) }
  }

  /// sd_listen_fds(3): LISTEN_FDS sockets from descriptor 3 on, for the process LISTEN_PID.
  private static func passedSockets() -> [(descriptor: Int32, name: String?)] {
    guard let pid = environment("LISTEN_PID").flatMap({ Int32($0) }), pid == getpid(),
      let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), count > 0
    else { return [] }
    let names = environment("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
    return (0..<count).map { (3 + $0, $0 < names.count ? String(names[Int($0)]) : nil) }
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}

extension IPAddress {
  /// The address of a TCP peer; nil for a unix socket.
  init?(_ peer: PeerAddress) {
    switch peer {
    case .v4(let bits): self.init(family: .v4, bits: UInt128(bits))
    case .v6(let bits): self.init(family: .v6, bits: bits)
    case .none: return nil
    }
  }
}

extension PeerFilter {
  /// Admits peers in one of `blocks`.
  init(admitting blocks: [AddressBlock]) {
    self.init { peer in
      guard let address = IPAddress(peer) else { return false }
      return blocks.contains { $0.contains(address) }
    }
  }
}

/// The release of this build.
package enum Release {
  /// The version, as in `bearerd --version`.
  package static let version = "0.1.0"
}
