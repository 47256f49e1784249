/// When a change of the tokens on disk is to be read, and whether it has waited too long. All times are monotonic
/// milliseconds.
struct PendingChange {
  /// What somebody has not finished is read when it has not changed for so long.
  static let quiet: UInt64 = 2000
  /// The same for what only a look has found: nobody is known to write it.
  static let quietUnwatched: UInt64 = 1000
  /// A writer that goes on is not waited for any longer.
  static let limit: UInt64 = 4000
  /// Longer than this the tokens in force may not differ from those on disk without an alarm.
  static let tolerance: UInt64 = 5000

  /// What a look at the path has found.
  enum Sight: Equatable {
    case there(SourceVersion)
    /// It could not be looked at; why.
    case failure(String)

    /// What another process can compare; nil where nothing could be looked at.
    var digest: String? {
      if case .there(let version) = self { version.digest } else { nil }
    }
  }

  /// What is known of who made the change.
  enum Writer {
    case hasFinished
    case writes
    case isUnknown
  }

  /// What to do after a look.
  enum Due {
    case nothing
    /// Read what somebody has finished.
    case finished
    /// Read it, finished or not.
    case settled
    /// Read again what the system did not let us read the last time.
    case again
    /// An administrator wants it read.
    case ordered
  }

  /// What was last read, or tried in vain.
  private var tried: Sight?
  /// What was seen since, if that is something else: since when it is there, and when the first difference was seen.
  private var seen: (sight: Sight, since: UInt64, first: UInt64)?
  /// When a look is due; nil while there is no change.
  private(set) var deadline: UInt64?
  private var notBefore: UInt64 = 0
  /// Since when what was tried has failed.
  private var failedSince: UInt64?
  private var failsBySystem = false

  mutating func note(_ sight: Sight, by writer: Writer, at time: UInt64) -> Due {
    guard sight != tried else {
      (seen, deadline) = (nil, nil)
      return failsBySystem ? .again : .nothing
    }
    let before = seen ?? (sight, time, time)
    let since = before.sight == sight ? before.since : time
    seen = (sight, since, before.first)
    let quiet = writer == .writes ? PendingChange.quiet : PendingChange.quietUnwatched
    let deadline = max(notBefore, min(since + quiet, before.first + PendingChange.limit))
    self.deadline = deadline
    if time >= deadline { return .settled }
    return writer == .hasFinished ? .finished : .nothing
  }

  /// What was read could not be used, since somebody wrote to it meanwhile: it is read again, but not at once.
  mutating func postpone(at time: UInt64) { notBefore = time + PendingChange.quietUnwatched }

  mutating func noteSuccess(of sight: Sight) {
    self = PendingChange()
    tried = sight
  }

  mutating func noteFailure(of sight: Sight, isSystemFailure: Bool, at time: UInt64) {
    failedSince = min(failedSince ?? time, seen?.first ?? time)
    tried = sight
    (seen, deadline) = (nil, nil)
    failsBySystem = isSystemFailure
  }

  /// Whether the tokens in force have differed from those on disk for longer than is tolerated.
  func isOutdated(at time: UInt64) -> Bool {
    guard let since = [failedSince, seen?.first].compactMap(\.self).min() else { return false }
    return time > since + PendingChange.tolerance
  }
}
