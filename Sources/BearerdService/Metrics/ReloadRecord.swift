import BearerAuth
import Glibc
import Synchronization

/// How the loads of the tokens went, for whoever asks. The control loop writes it.
final class ReloadRecord: Sendable {
  /// All that is known of them.
  struct State: Sendable {
    /// Reloads; the load at the start is none.
    var succeeded = 0
    var failed = 0
    /// When the tokens in force were read.
    var lastSuccess = Instant.distantPast
    /// Why they are not those that are there now; nil where they are.
    var failure: (at: Instant, message: String)?
    /// Since when they have been others than those on disk for too long; nil where they are not.
    var outdated: Instant?
    /// How often that came about.
    var outdatedTimes = 0
    /// Which version of the files was last read, and which one was last tried; see `SourceVersion.digest`.
    var read: String?
    var tried: String?
    /// What was read, and when it was last written.
    var files: [(path: String, modified: Instant?)] = []
    var applications = 0
    var tokens = 0
  }

  /// What was given as `--tokens`, as an absolute path.
  let path: String
  private let record = Mutex(State())

  init(path: String) {
    self.path = path.hasPrefix("/") ? path : "\(ReloadRecord.workingFolder)/\(path)"
  }

  var state: State { record.withLock { $0 } }

  /// These tokens are in force from now on.
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

  /// The tokens from before stay in force.
  /// - Parameter isRepeated: whether the same was tried before, in vain.
  func noteFailure(_ message: String, of digest: String?, at now: Instant, isRepeated: Bool) {
    let files = isRepeated ? nil : ReloadRecord.modifications(of: state.files.map(\.path))
    record.withLock { state in
      if !isRepeated { state.failed += 1 }
      state.failure = (state.failure?.at ?? now, message)
      state.tried = digest
      if let files { state.files = files }
    }
  }

  /// The tokens in force have been others than those on disk for too long.
  /// - Returns: whether that is new.
  func noteOutdated(at now: Instant) -> Bool {
    record.withLock { state in
      guard state.outdated == nil else { return false }
      state.outdated = now
      state.outdatedTimes += 1
      return true
    }
  }

  /// What stands against being ready; nil where nothing does.
  var problem: String? {
    let state = state
    guard state.outdated != nil else { return nil }
    let reason = state.failure?.message.split(separator: "\n").first.map(String.init)
    return "the tokens in force are not those on disk: \(reason ?? "they are still being written")"
  }

  private static func modifications(of files: [String]) -> [(path: String, modified: Instant?)] {
    files.map { path in
      (path, (try? Folder.status(of: path)).map { Instant(seconds: Int64($0.st_mtim.tv_sec)) })
    }
  }

  private static var workingFolder: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }
}
