import FastCGI
import Glibc

/// One edit at a time of what a path names.
enum Editing {
  /// How often an edit begins anew when somebody without the lock wrote the file in the meantime.
  private static let attempts = 10

  /// Lets `attempt` read, change and write; it is called again where it says, with nil, that the file changed
  /// underneath.
  static func run<Result>(at path: String, _ attempt: () throws -> Result?) throws -> Result {
    let lock = try EditLock(of: try lockedFolder(of: path))
    defer { lock.release() }
    for _ in 0..<attempts {
      if let result = try attempt() { return result }
    }
    throw TokenSourceError.contended(path: path)
  }

  /// The same folder for everybody who edits this, whichever link led here.
  private static func lockedFolder(of path: String) throws(TokenSourceError) -> String {
    guard let target = try Folder.target(of: path) else {
      guard !Folder.isLink(path) else { throw .danglingLink(path: path) }
      guard let parent = try Folder.target(of: Folder.split(path).folder) else { throw .noFolder(path: path) }
      return parent
    }
    let isFolder = try Folder.status(of: target).st_mode & S_IFMT == S_IFDIR
    return isFolder ? target : Folder.split(target).folder
  }
}

/// The lock on a directory's token files: a file in it that only its owner can open, and that is there during an edit
/// only. A lock on the directory itself could be held by everybody who can read it, for ever.
struct EditLock: ~Copyable {
  /// For so long it is waited that one edit ends, in milliseconds.
  static let patience: UInt64 = 10_000
  static let name = ".bearerd.lock"

  private let file: Descriptor

  init(of directory: String) throws(TokenSourceError) {
    let path = "\(directory)/\(EditLock.name)"
    var waited: (for: FileVersion?, since: UInt64)?
    while true {
      if let file = try EditLock.file(at: path) {
        // One that was waited for is removed by then; a lock on it is worth nothing.
        if try file.lock(), try EditLock.version(of: path) == FileVersion(try file.status()) {
          self.file = file
          return
        }
      }
      let holder = try EditLock.version(of: path)
      let now = Clock.monotonicMilliseconds()
      // Others may take turns, as a hundred edits at once do.
      if waited?.for != holder || waited == nil { waited = (holder, now) }
      guard let since = waited?.since, now < since + EditLock.patience else { throw .locked(path: path) }
      usleep(.random(in: 2_000...10_000))
    }
  }

  /// The next one makes a file of its own.
  func release() { Folder.remove(file.path) }

  /// nil where another user's edit has it.
  private static func file(at path: String) throws(TokenSourceError) -> Descriptor? {
    do throws(TokenSourceError) {
      return try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    } catch {
      guard case .system(_, _, EACCES) = error, try version(of: path) != nil else { throw error }
      return nil
    }
  }

  private static func version(of path: String) throws(TokenSourceError) -> FileVersion? {
    try Folder.statusOfLink(at: path).map(FileVersion.init)
  }
}
