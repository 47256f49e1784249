import CLinux
import Glibc

/// Tells by inotify(7) that the tokens may have changed: a rename over the file, a write that was closed, a link that
/// points elsewhere, a file of the directory that came or went.
///
/// It saves the second until `Reloader` looks by itself, and knows of some writers that they have not finished. Nothing
/// relies on it: inotify says nothing of a mount, of a directory above, or of a writer on another machine.
final class FileWatch {
  /// Readable while there are events.
  let descriptor: Int32
  private var directories: [Int32: WatchedDirectory] = [:]
  /// Files that were written to and not closed since.
  private var unfinished: Set<String> = []
  private var buffer = [UInt8](repeating: 0, count: 16 * 1024)

  private struct WatchedDirectory {
    var path: String
    var names: Set<String> = []
    /// Whether its token files are the tokens.
    var isSource = false

    /// Kubernetes swaps the files of a directory by its link `..data`.
    func concerns(_ name: String) -> Bool {
      names.contains(name) || isSource && (TokenSource.isTokenFile(name) || name == "..data")
    }
  }

  /// A directory that cannot be watched, and errno.
  struct Failure: Equatable {
    var directory: String
    var code: Int32
  }

  init?() {
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Watches the directories of the file that `path` leads to and of every link on the way; or the directory it leads
  /// to. Links may lead elsewhere after a change: to be called before each reading.
  func follow(_ path: String) -> [Failure] {
    guard let trail = try? PathTrail(of: path) else { return [] }
    var wanted: [String: WatchedDirectory] = [:]
    // Only directories are watched, so that a file that does not exist yet is seen to come.
    for entry in trail.links + [trail.target] {
      wanted[entry.directory, default: WatchedDirectory(path: entry.directory)].names.insert(entry.name)
    }
    if let status = try? Directory.status(of: path), status.st_mode & S_IFMT == S_IFDIR {
      wanted[trail.target.path, default: WatchedDirectory(path: trail.target.path)].isSource = true
    }
    var failures: [Failure] = []
    var next: [Int32: WatchedDirectory] = [:]
    for directory in wanted.values.sorted(by: { $0.path < $1.path }) {
      let number = inotify_add_watch(descriptor, directory.path, FileWatch.events)
      if number >= 0 {
        next[number] = directory
      } else {
        failures.append(Failure(directory: directory.path, code: errno))
      }
    }
    for number in directories.keys where next[number] == nil { inotify_rm_watch(descriptor, number) }
    directories = next
    return failures
  }

  private static let events =
    UInt32(IN_CLOSE_WRITE) | UInt32(IN_MODIFY) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM)
    | UInt32(IN_DELETE)
    | UInt32(IN_CREATE) | UInt32(IN_ATTRIB) | UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF)
    | UInt32(IN_ONLYDIR)
    | UInt32(IN_EXCL_UNLINK)

  /// Whether somebody is known to be in the middle of writing.
  var isUnfinished: Bool { !unfinished.isEmpty }

  /// What was begun before a reading counts no more after it.
  func forgetUnfinished() { unfinished = [] }

  /// What events tell of the tokens.
  enum News {
    case nothing
    /// Somebody writes.
    case begun
    /// Somebody has finished a change.
    case ended
  }

  /// Takes all events that wait.
  func take() -> News {
    var news = News.nothing
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return news }
      var offset = 0
      while offset + MemoryLayout<inotify_event>.size <= count {
        let event = buffer.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        }
        let start = offset + MemoryLayout<inotify_event>.size
        let name = String(decoding: buffer[start..<start + Int(event.len)].prefix { $0 != 0 }, as: UTF8.self)
        switch note(event, name) {
        case .ended: news = .ended
        case .begun where news == .nothing: news = .begun
        case .begun, .nothing: break
        }
        offset = start + Int(event.len)
      }
    }
  }

  private func note(_ event: inotify_event, _ name: String) -> News {
    // Events were lost.
    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
      unfinished = []
      return .ended
    }
    guard let directory = directories[event.wd] else { return .nothing }
    if event.mask & (UInt32(IN_IGNORED) | UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF)) != 0 {
      return .ended
    }
    guard directory.concerns(name) else { return .nothing }
    let file = "\(directory.path)/\(name)"
    if event.mask & UInt32(IN_MODIFY) != 0 || event.mask & UInt32(IN_CREATE) != 0 && isBegun(file) {
      unfinished.insert(file)
      return .begun
    }
    // A change of mode or owner ends no writing.
    if event.mask & UInt32(IN_ATTRIB) == 0 { unfinished.remove(file) }
    return .ended
  }

  /// Whether a file that came into being is to be written next. A link is whole, and so is what link(2) made.
  private func isBegun(_ path: String) -> Bool {
    guard let status = try? Directory.statusOfLink(at: path) else { return false }
    return status.st_mode & S_IFMT == S_IFREG && status.st_size == 0 && status.st_nlink == 1
  }
}

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
  enum Observation: Equatable {
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
  private var tried: Observation?
  /// What was seen since, if that is something else: since when it is there, and when the first difference was seen.
  private var seen: (observation: Observation, since: UInt64, first: UInt64)?
  /// When a look is due; nil while there is no change.
  private(set) var deadline: UInt64?
  private var notBefore: UInt64 = 0
  /// Since when what was tried has failed.
  private var failedSince: UInt64?
  private var failsBySystem = false

  mutating func note(_ observation: Observation, by writer: Writer, at time: UInt64) -> Due {
    guard observation != tried else {
      (seen, deadline) = (nil, nil)
      return failsBySystem ? .again : .nothing
    }
    let before = seen ?? (observation, time, time)
    let since = before.observation == observation ? before.since : time
    seen = (observation, since, before.first)
    let quiet = writer == .writes ? PendingChange.quiet : PendingChange.quietUnwatched
    let deadline = max(notBefore, min(since + quiet, before.first + PendingChange.limit))
    self.deadline = deadline
    if time >= deadline { return .settled }
    return writer == .hasFinished ? .finished : .nothing
  }

  /// What was read could not be used, since somebody wrote to it meanwhile: it is read again, but not at once.
  mutating func postpone(at time: UInt64) { notBefore = time + PendingChange.quietUnwatched }

  mutating func noteSuccess(of observation: Observation) {
    self = PendingChange()
    tried = observation
  }

  mutating func noteFailure(of observation: Observation, isSystemFailure: Bool, at time: UInt64) {
    failedSince = min(failedSince ?? time, seen?.first ?? time)
    tried = observation
    (seen, deadline) = (nil, nil)
    failsBySystem = isSystemFailure
  }

  /// Whether the tokens in force have differed from those on disk for longer than is tolerated.
  func isOutdated(at time: UInt64) -> Bool {
    guard let since = [failedSince, seen?.first].compactMap(\.self).min() else { return false }
    return time > since + PendingChange.tolerance
  }
}
