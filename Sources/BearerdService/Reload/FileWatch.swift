import CLinux
import Glibc

/// Reports by inotify(7) that the tokens may have changed: a file was renamed over the token file, closed after
/// writing, added to the directory or removed from it, or a link was changed.
///
/// This saves up to a second until `Reloader` checks the files itself, and tells if a writer has not finished.
/// Nothing depends on it: inotify does not report a mount, changes of a parent directory, or a writer on
/// another machine.
final class FileWatch {
  /// Readable if there are events.
  let descriptor: Int32
  private var directories: [Int32: WatchedDirectory] = [:]
  /// Files that were written to and not closed since.
  private var unfinished: Set<String> = []
  private var buffer = [UInt8](repeating: 0, count: 16 * 1024)

  private struct WatchedDirectory {
    var path: String
    var names: Set<String> = []
    /// Whether this is the token directory.
    var isSource = false

    /// Kubernetes replaces the files of a directory by changing the link `..data`.
    func concerns(_ name: String) -> Bool {
      names.contains(name) || isSource && (TokenSource.isTokenFile(name) || name == "..data")
    }
  }

  /// A directory that cannot be watched, and the errno.
  struct Failure: Equatable {
    var directory: String
    var code: Int32
  }

  init?() {
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Watches the directories of the file at `path` and of every link on the path; or the directory at `path`.
  /// Links may change, so call this before each reading.
  func follow(_ path: String) -> [Failure] {
    guard let trail = try? PathTrail(of: path) else { return [] }
    var wanted: [String: WatchedDirectory] = [:]
    // Only directories are watched, so a file that does not exist yet is noticed when it is created.
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

  /// Whether a program is known to be writing.
  var isUnfinished: Bool { !unfinished.isEmpty }

  /// Called after a reading: writers that began before it do not matter any more.
  func forgetUnfinished() { unfinished = [] }

  /// What the events say about the tokens.
  enum News {
    case nothing
    /// A program is writing.
    case begun
    /// A change is complete.
    case ended
  }

  /// The maximum number of reads in a row: enough for the longest queue, of 16,384 events and names of 255 bytes.
  private static let maximumReads = 300

  /// Reads all waiting events, but not those that never end: reading may cause the next ones, as under strace(1) with a
  /// trace beside the tokens.
  func take() -> News {
    var news = News.nothing
    for _ in 0..<FileWatch.maximumReads {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
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
    return news
  }

  private func note(_ event: inotify_event, _ name: String) -> News {
    // The queue overflowed: events were lost.
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
    // A change of mode or owner does not complete a change of the content.
    if event.mask & UInt32(IN_ATTRIB) == 0 { unfinished.remove(file) }
    return .ended
  }

  /// Whether a created file will be written next. A link is complete, and so is a file created by link(2).
  private func isBegun(_ path: String) -> Bool {
    guard let status = try? Directory.statusOfLink(at: path) else { return false }
    return status.st_mode & S_IFMT == S_IFREG && status.st_size == 0 && status.st_nlink == 1
  }
}

/// Decides when a change on disk is read, and whether it has waited too long. All times are monotonic milliseconds.
struct PendingChange {
  /// A change whose writer has not finished is read after this time without a change.
  static let quiet: UInt64 = 2000
  /// The same for a change without inotify events, whose writer is unknown.
  static let quietUnwatched: UInt64 = 1000
  /// The longest wait for a writer that does not finish.
  static let limit: UInt64 = 4000
  /// If the tokens in use differ from those on disk for longer, the daemon is not ready.
  static let tolerance: UInt64 = 5000

  /// The state found at the path.
  enum Observation: Equatable {
    case there(SourceVersion)
    /// The path is not accessible; why.
    case failure(String)

    /// For comparison by another process; nil if the path is not accessible.
    var digest: String? {
      if case .there(let version) = self { version.digest } else { nil }
    }
  }

  /// What is known about the writer of a change.
  enum Writer {
    case hasFinished
    case writes
    case isUnknown
  }

  /// What to do after a check.
  enum Due {
    case nothing
    /// Read a complete change.
    case finished
    /// Read the change, complete or not.
    case settled
    /// Retry a reading that failed by a system error.
    case again
    /// Read because the administrator requested it.
    case ordered
  }

  /// The state that was last read, successfully or not.
  private var tried: Observation?
  /// A different state that was seen since: when it was first seen, and when the first difference was seen.
  private var seen: (observation: Observation, since: UInt64, first: UInt64)?
  /// When the next check is due; nil if there is no change.
  private(set) var deadline: UInt64?
  private var notBefore: UInt64 = 0
  /// Since when reading `tried` has failed.
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

  /// The files were written while they were read: they are read again, but not at once.
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

  /// Whether the tokens in use have differed from those on disk for longer than is tolerated.
  func isOutdated(at time: UInt64) -> Bool {
    guard let since = [failedSince, seen?.first].compactMap(\.self).min() else { return false }
    return time > since + PendingChange.tolerance
  }
}
