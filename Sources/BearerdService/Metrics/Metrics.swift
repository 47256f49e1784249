import BearerAuth
import FastCGI
import Glibc
import Synchronization

/// The state and counters of the daemon, summed over the loops when a report is requested.
final class Metrics: Sendable {
  let store: PolicyStore
  let reloads: ReloadRecord
  let started: Instant
  private let startedMonotonic = SystemClock.monotonicMilliseconds()
  private let history = DenialHistory()
  private let meters = Mutex<[CheckMeter]>([])
  private let service = Mutex<Service?>(nil)
  private let stops = Atomic(false)
  /// The bytes of freed requests when memory was last returned. Used by the control loop only.
  private let bytesReturned = Atomic(0)

  /// Set when the loops run.
  private struct Service {
    var server: Server
    var watch: LoopWatch
    var addresses: [String]
  }

  init(store: PolicyStore, reloads: ReloadRecord, started: Instant) {
    self.store = store
    self.reloads = reloads
    self.started = started
    history.note(denials, at: startedMonotonic)
  }

  /// The counters of a new loop.
  func makeMeter() -> CheckMeter {
    let meter = CheckMeter()
    meters.withLock { $0.append(meter) }
    return meter
  }

  /// The loops run.
  func watch(_ server: Server, _ watch: LoopWatch, on addresses: [String]) {
    service.withLock { $0 = Service(server: server, watch: watch, addresses: addresses) }
  }

  /// The daemon stops: nothing new is served.
  func stop() { stops.store(true, ordering: .releasing) }

  /// Called by the control loop once a second.
  func tick(at now: Instant) {
    history.note(denials, at: SystemClock.monotonicMilliseconds())
    store.releaseRetired()
    let snapshot = store.current
    snapshot.selection.refresh(snapshot.policy.tokens, at: now)
    returnRequestMemory()
  }

  /// Returns memory to the kernel that was used for requests that arrived in parts or incomplete; malloc(3)
  /// would keep it.
  private func returnRequestMemory() {
    let freed = connections(.bytesFreed)
    guard freed - bytesReturned.load(ordering: .relaxed) >= 4 << 20 else { return }
    Memory.returnUnused()
    bytesReturned.store(freed, ordering: .relaxed)
  }

  // MARK: Values

  /// The addresses of the listeners.
  var addresses: [String] { service.withLock { $0?.addresses ?? [] } }

  /// In whole seconds.
  var uptime: Int { Int(clamping: (SystemClock.monotonicMilliseconds() - startedMonotonic) / 1000) }

  /// Why the daemon is not ready to serve; nil if it is.
  var problem: String? { serviceProblem ?? reloads.problem }

  /// Likewise, without errors of the token file.
  var serviceProblem: String? {
    if stops.load(ordering: .acquiring) { return "stopping" }
    return service.withLock { $0?.watch.complaint(at: SystemClock.monotonicMilliseconds()) }
  }

  /// The number of loops.
  var loops: Int { service.withLock { $0?.server.meters.count ?? 0 } }

  func connections(_ figure: LoopMeter.Figure) -> Int {
    service.withLock { $0?.server.meters.reduce(0) { $0 + $1[figure] } ?? 0 }
  }

  func rejections(_ rejection: Rejection) -> Int { sum { $0.rejections(rejection) } }

  /// - Parameter application: the application's index; nil: all checks.
  func checks(of application: Int? = nil, to outcome: CheckMeter.Outcome) -> Int {
    let applications = application.map { $0..<($0 + 1) } ?? store.applicationIndices.names.indices
    return sum { $0.checks(of: applications, to: outcome) }
  }

  /// All checks except those answered with 500.
  var decided: Int {
    checks(to: .allowed) + denials.reduce(0, +)
  }

  /// By reason, in the order of `Denial.allCases`.
  var denials: [Int] { Denial.allCases.map { checks(to: .denied($0)) } }

  /// By reason, in the same order.
  var recentDenials: (minute: [Int], hour: [Int]) {
    history.growth(to: denials, at: SystemClock.monotonicMilliseconds())
  }

  var decisionTimes: DecisionTimes {
    meters.withLock { $0.reduce(.none) { $0 + $1.decisionTimes } }
  }

  private func sum(_ figure: (CheckMeter) -> Int) -> Int {
    meters.withLock { $0.reduce(0) { $0 + figure($1) } }
  }
}

/// The results of loading the tokens, for reports. The control loop writes it.
final class ReloadRecord: Sendable {
  struct State: Sendable {
    /// Reloads; the load at the start does not count.
    var succeeded = 0
    var failed = 0
    /// When the tokens in use were read.
    var lastSuccess = Instant.distantPast
    /// Why the tokens in use are not those on disk; nil if they are.
    var failure: (at: Instant, message: String)?
    /// Since when the tokens in use have differed from those on disk for too long; nil if they do not.
    var outdated: Instant?
    /// How often that happened.
    var outdatedTimes = 0
    /// The version of the files that was last read, and the one that was last tried; see `SourceVersion.digest`.
    var read: String?
    var tried: String?
    /// The files that were read, and when each was last modified.
    var files: [(path: String, modified: Instant?)] = []
    var applications = 0
    var tokens = 0
  }

  /// The value of `--tokens`, as an absolute path.
  let path: String
  private let record = Mutex(State())

  init(path: String) {
    self.path = path.hasPrefix("/") ? path : "\(ReloadRecord.workingDirectory)/\(path)"
  }

  var state: State { record.withLock { $0 } }

  /// These tokens are in use from now on.
  func note(_ loaded: LoadedTokens, at now: Instant, isFirst: Bool = false) {
    let files = loaded.version.files.map { file in
      (file.path, file.version.map { Instant(seconds: $0.modified / 1_000_000_000) })
    }
    let digest = loaded.version.digest
    record.withLock { state in
      if !isFirst { state.succeeded += 1 }
      state.lastSuccess = now
      state.failure = nil
      state.outdated = nil
      state.read = digest
      state.tried = digest
      state.files = files
      state.applications = loaded.applications
      state.tokens = loaded.tokens.count
    }
  }

  /// A reload failed; the previous tokens are kept.
  /// - Parameter isRepeated: whether the same version failed before.
  func noteFailure(_ message: String, of digest: String?, at now: Instant, isRepeated: Bool) {
    let files = isRepeated ? nil : ReloadRecord.modifications(of: state.files.map(\.path))
    record.withLock { state in
      if !isRepeated { state.failed += 1 }
      state.failure = (state.failure?.at ?? now, message)
      state.tried = digest
      if let files { state.files = files }
    }
  }

  /// The tokens in use have differed from those on disk for too long.
  /// - Returns: whether this is new.
  func noteOutdated(at now: Instant) -> Bool {
    record.withLock { state in
      guard state.outdated == nil else { return false }
      state.outdated = now
      state.outdatedTimes += 1
      return true
    }
  }

  /// Why the daemon is not ready; nil if it is.
  var problem: String? {
    let state = state
    guard state.outdated != nil else { return nil }
    let reason = state.failure?.message.split(separator: "\n").first.map(String.init)
    return "the tokens in use differ from those on disk: \(reason ?? "they are still being written")"
  }

  private static func modifications(of files: [String]) -> [(path: String, modified: Instant?)] {
    files.map { path in
      (path, (try? Directory.status(of: path)).map { Instant(seconds: Int64($0.st_mtim.tv_sec)) })
    }
  }

  private static var workingDirectory: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }
}
