import BearerAuth
import Logging

/// Brings changed tokens into the policy store: everything that can fail first, then one swap. If anything fails,
/// the tokens from before stay.
final class Reloader {
  private let source: TokenSource
  private let store: PolicyStore
  private let record: ReloadRecord
  private let logger: Logger
  private var watch: FileWatch?
  private var lastComplaint = ""

  /// What is waited for; nil where nothing can be watched.
  var watchDescriptor: Int32? { watch?.descriptor }

  /// Begins to watch before the first load, so that no change between the two is missed.
  init(source: TokenSource, store: PolicyStore, record: ReloadRecord, logger: Logger) {
    self.source = source
    self.store = store
    self.record = record
    self.logger = logger
    rewatch()
  }

  /// Whether part of the path cannot be watched now, so that it has to be tried again.
  var isBlind: Bool { watch?.failures.isEmpty != true }

  /// Looks at what the watch has to tell; whether the tokens should be read again.
  func hasChanged() -> Bool { watch?.takeChange() ?? false }

  /// Watches anew, since links may lead elsewhere now; then reads.
  ///
  /// - Parameter isOrdered: whether an administrator asked for it, so that it is told in any case, and read even
  ///   while somebody writes.
  /// - Returns: whether something changed meanwhile, so that it has to be read once more.
  func reload(at now: Instant, isOrdered: Bool = false) -> Bool {
    rewatch()
    if watch?.isUnfinished == true, !isOrdered { return false }
    do throws(TokenSourceError) {
      let loaded = try source.load()
      guard loaded.isUsable else { throw TokenSourceError.unusable(loaded.issues) }
      let policy = Policy(loaded.tokens)
      // A write that began while we read: what we have may be half. Its end will be told.
      let hasChanged = watch?.takeChange() == true
      if watch?.isUnfinished == true, !isOrdered { return false }
      store.replace(with: policy)
      record.note(loaded, at: now)
      lastComplaint = ""
      for issue in loaded.issues { logger.warning("\(issue)") }
      logger.notice("tokens reloaded: \(loaded.summary(at: now))")
      return hasChanged
    } catch {
      record.noteFailure(error.description, at: now)
      complain(error.description, isOrdered: isOrdered)
      return false
    }
  }

  /// Says what is wrong once, not at every event of one broken file.
  private func complain(_ description: String, isOrdered: Bool) {
    guard description != lastComplaint || isOrdered else { return }
    lastComplaint = description
    for line in description.split(separator: "\n") { logger.error("\(line)") }
    logger.error("tokens not reloaded; those from before stay in force")
  }

  /// The new watch stands before the old one is read to its end: a write that began under the old is not lost.
  private func rewatch() {
    guard let next = FileWatch(source.path) else {
      logger.error("cannot watch the tokens; send SIGHUP after each change")
      return
    }
    _ = watch?.takeChange()
    if watch?.isUnfinished == true { return }
    if next.failures != watch?.failures ?? [] {
      for failure in next.failures {
        logger.warning("cannot watch \(failure.folder) (error \(failure.code)); trying again each second")
      }
    }
    watch = next
  }
}
