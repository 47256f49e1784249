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
    let files = ReloadRecord.modifications(of: loaded.files)
    record.withLock { state in
      if !isFirst { state.succeeded += 1 }
      state.lastSuccess = now
      state.failure = nil
      state.files = files
      state.applications = loaded.applications
      state.tokens = loaded.tokens.count
    }
  }

  /// The tokens from before stay in force.
  func noteFailure(_ message: String, at now: Instant) {
    let files = ReloadRecord.modifications(of: state.files.map(\.path))
    record.withLock { state in
      state.failed += 1
      state.failure = (state.failure?.at ?? now, message)
      state.files = files
    }
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
