import BearerAuth
import FastCGI
import Logging

/// Loads changed tokens into the policy store: everything that can fail first, then one swap. If anything
/// fails, the previous tokens are kept.
///
/// A change is read at once if inotify reports that it is complete. Otherwise a check of the files, once a
/// second, finds it, and it is read when the files do not change any more; see `PendingChange`.
final class Reloader {
  private let source: TokenSource
  private let store: PolicyStore
  private let record: ReloadRecord
  private let logger: Logger
  private let watch = FileWatch()
  private var blindSpots: [FileWatch.Failure] = []
  private var change = PendingChange()
  /// Whether a change was completed since the last reading.
  private var hasEnded = false
  private var lastComplaint = ""
  private var inForce = SourceVersion()

  /// Readable if the tokens may have changed; nil if inotify is not available.
  var watchDescriptor: Int32? { watch?.descriptor }

  /// Whether events have arrived since the last check.
  private(set) var hasNews = false

  /// When the next check is due, in monotonic milliseconds; nil if no change is pending.
  var deadline: UInt64? { change.deadline }

  init(source: TokenSource, store: PolicyStore, record: ReloadRecord, logger: Logger) {
    self.source = source
    self.store = store
    self.record = record
    self.logger = logger
    if watch == nil { logger.warning("inotify is not available: the token files are checked once a second") }
  }

  /// Reads the tokens at the start. The watch begins before, so no change between the two is missed.
  func start(at now: Instant) throws(TokenSourceError) -> LoadedTokens {
    rewatch()
    let loaded = try source.load()
    guard loaded.isUsable else { throw .unusable(loaded.issues) }
    for issue in loaded.issues { logger.warning("\(issue)") }
    adopt(loaded, at: now, isFirst: true)
    return loaded
  }

  /// Reads the waiting inotify events.
  func takeEvents() {
    switch watch?.take() {
    case .ended: (hasNews, hasEnded) = (true, true)
    case .begun: hasNews = true
    case .nothing, nil: break
    }
  }

  /// Checks the files, and reads them if that is due.
  ///
  /// - Parameters:
  ///   - now: the time of day, for logs and reports.
  ///   - time: in monotonic milliseconds.
  ///   - willReload: called before the files are read.
  /// - Returns: whether the files were read, or tried for the first time.
  func check(at now: Instant, _ time: UInt64, willReload: () -> Void) -> Bool {
    hasNews = false
    let writer: PendingChange.Writer =
      watch?.isUnfinished == true ? .writes : hasEnded ? .hasFinished : .isUnknown
    let due = change.note(observation(), by: writer, at: time)
    var isNew = false
    switch due {
    case .nothing: if change.deadline == nil { hasEnded = false }
    case .again: isNew = reload(due, at: now, time)
    case .finished, .settled, .ordered:
      willReload()
      reload(due, at: now, time)
      isNew = true
    }
    reportIfOutdated(at: now, time)
    return isNew
  }

  /// Reads the tokens at an administrator's request, in any state, and logs the result in any case.
  func reload(at now: Instant, _ time: UInt64) {
    lastComplaint = ""
    reload(.ordered, at: now, time)
  }

  /// - Returns: whether new tokens are in use.
  @discardableResult
  private func reload(_ due: PendingChange.Due, at now: Instant, _ time: UInt64) -> Bool {
    rewatch()
    hasEnded = false
    let observation = observation()
    do throws(TokenSourceError) {
      let loaded = try source.load()
      // The files were written meanwhile and may be a mixture. They are read again when the writer has
      // finished, or after a time limit.
      guard loaded.isWhole else {
        change.postpone(at: time)
        return false
      }
      guard loaded.isUsable else { throw TokenSourceError.unusable(loaded.issues) }
      try rejectPartialRead(of: loaded)
      takeEvents()
      if due == .finished, watch?.isUnfinished == true { return false }
      let changes = adopt(loaded, at: now)
      for issue in loaded.issues { logger.warning("\(issue)") }
      logger.notice(
        "tokens reloaded: \(loaded.summary(at: now))", metadata: Reloader.metadata(of: changes))
      return true
    } catch {
      let isSystemFailure = if case .file(.system) = error { true } else { false }
      change.noteFailure(of: observation, isSystemFailure: isSystemFailure, at: time)
      record.noteFailure(error.description, of: observation.digest, at: now, isRepeated: due == .again)
      complain(error.description)
      return false
    }
  }

  /// - Returns: what differs from the tokens before.
  @discardableResult
  private func adopt(_ loaded: LoadedTokens, at now: Instant, isFirst: Bool = false) -> TokenChanges {
    watch?.forgetUnfinished()
    let before = store.current.policy
    let policy = Policy(loaded.tokens)
    store.replace(with: policy)
    change.noteSuccess(of: .there(loaded.version))
    inForce = loaded.version
    record.note(loaded, at: now, isFirst: isFirst)
    lastComplaint = ""
    // After the swap: with a million tokens it takes a part of a second.
    return isFirst ? TokenChanges() : TokenChanges(from: before, to: policy)
  }

  /// A line of the log must fit into a page, see `LogSink`: at most eight names of 80 bytes for each of five kinds.
  private static func metadata(of changes: TokenChanges) -> Logger.Metadata {
    Logger.Metadata(
      uniqueKeysWithValues: changes.fields(limit: 8).map { ($0.name, .string($0.value)) })
  }

  /// A truncated line may have lost its restrictions. Therefore a last line without line end is an error in a
  /// file that was written in place, or is being written.
  private func rejectPartialRead(of loaded: LoadedTokens) throws(TokenSourceError) {
    guard !loaded.unterminated.isEmpty else { return }
    func versions(_ version: SourceVersion) -> [String: FileVersion] {
      Dictionary(version.files.compactMap { file in file.version.map { (file.path, $0) } }) { $1 }
    }
    let (before, now) = (versions(inForce), versions(loaded.version))
    let halves = loaded.unterminated.filter { path in
      guard let version = now[path] else { return true }
      guard let known = before[path] else { return watch?.isUnfinished == true }
      let isSameFile = known.device == version.device && known.inode == version.inode
      return known != version && (isSameFile || watch?.isUnfinished == true)
    }
    guard !halves.isEmpty else { return }
    throw .unusable(
      halves.map {
        TokenFileIssue(
          file: $0, message: "the last line has no line end and may be incomplete; add a line end")
      })
  }

  private func observation() -> PendingChange.Observation {
    do throws(TokenSourceError) {
      return .there(try source.version())
    } catch {
      return .failure(error.description)
    }
  }

  /// Logs an error once, not at every event of one invalid file.
  private func complain(_ description: String) {
    guard description != lastComplaint else { return }
    lastComplaint = description
    for line in description.split(separator: "\n") { logger.error("\(line)") }
    logger.error("reload failed; keeping the previous tokens")
  }

  private func reportIfOutdated(at now: Instant, _ time: UInt64) {
    guard change.isOutdated(at: time), record.noteOutdated(at: now) else { return }
    let seconds = PendingChange.tolerance / 1000
    logger.error(
      "the tokens in use have differed from those on disk for \(seconds) seconds; not ready until reloaded")
  }

  private func rewatch() {
    guard let failures = watch?.follow(source.path), failures != blindSpots else { return }
    blindSpots = failures
    for failure in failures {
      logger.warning(
        "cannot watch \(failure.directory) (error \(failure.code)); its files are checked once a second")
    }
  }
}
