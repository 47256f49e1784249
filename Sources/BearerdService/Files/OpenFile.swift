import BearerAuth
import Glibc

/// An open file or directory, closed at the end of its life.
///
/// This type and `Directory` contain all system calls on files. Pointers are passed for the duration of a call
/// only, and a call is repeated if a signal interrupts it.
struct OpenFile: ~Copyable {
  let path: String
  let descriptor: Int32

  /// Opens `path`. Never blocks, not even on a FIFO without a writer, and never acquires a controlling terminal.
  init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(FileError) {
    let flags = flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    descriptor = try OpenFile.call("open", path) { Glibc.open(path, flags, mode) }
    self.path = path
  }

  deinit {
    close(descriptor)
  }

  func status() throws(FileError) -> stat {
    var status = stat()
    try OpenFile.call("access", path) { fstat(descriptor, &status) }
    return status
  }

  /// The rest of the file; EFBIG if that is more than `limit` bytes, ENOMEM if there is no memory for it.
  func readToEnd(limit: Int) throws(FileError) -> [UInt8] {
    let size = Int(try status().st_size)
    guard size <= limit else { throw .system(operation: "read", path: path, code: EFBIG) }
    guard Memory.hasRoom(for: size + (1 << 20)) else {
      throw .system(operation: "read", path: path, code: ENOMEM)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    // Thousands of small files need little memory each; files of /proc have size 0.
    var chunk = [UInt8](repeating: 0, count: min(max(size, 1 << 12), 1 << 18))
    while true {
      let count = try OpenFile.call("read", path) {
        chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else { throw .system(operation: "read", path: path, code: EFBIG) }
      bytes += chunk[..<count]
    }
  }

  func write(_ bytes: [UInt8]) throws(FileError) {
    var written = 0
    while written < bytes.count {
      written += try OpenFile.call("write", path) {
        bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      }
    }
  }

  /// Returns when the content of the file or directory is on disk.
  func synchronize() throws(FileError) {
    try OpenFile.call("write", path) { fsync(descriptor) }
  }

  /// Takes the lock until the descriptor is closed; false if another process holds it.
  func lock() throws(FileError) -> Bool {
    do throws(FileError) {
      try OpenFile.call("lock", path) { flock(descriptor, LOCK_EX | LOCK_NB) }
      return true
    } catch {
      guard case .system(_, _, EWOULDBLOCK) = error else { throw error }
      return false
    }
  }

  func setOwner(_ user: uid_t, _ group: gid_t) throws(FileError) {
    try OpenFile.call("keep the owner of", path) { fchown(descriptor, user, group) }
  }

  func setMode(_ mode: mode_t) throws(FileError) {
    try OpenFile.call("set the mode of", path) { fchmod(descriptor, mode) }
  }

  /// Repeats a call that a signal interrupted; throws errno for a negative result.
  @discardableResult
  static func call<Number: SignedInteger>(_ operation: String, _ path: String, _ body: () -> Number)
    throws(FileError) -> Number
  {
    while true {
      let result = body()
      guard result < 0 else { return result }
      guard errno == EINTR else { throw .system(operation: operation, path: path, code: errno) }
    }
  }
}

/// A file as it was read, and how to tell whether it has changed.
struct FileText {
  let path: String
  let bytes: [UInt8]
  let status: stat
  /// False if the file was written while it was read: the bytes may be a mixture.
  let isWhole: Bool

  var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
  var version: FileVersion { FileVersion(status) }
  /// Whether the last line has a line end.
  var isTerminated: Bool { bytes.last.map { $0 == UInt8(ascii: "\n") } ?? true }

  /// Reads a regular file; for anything else there are no bytes.
  init(reading path: String, limit: Int) throws(FileError) {
    let file = try OpenFile(opening: path, O_RDONLY)
    self.path = path
    status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      bytes = []
      isWhole = true
      return
    }
    bytes = try file.readToEnd(limit: limit)
    isWhole = FileVersion(try file.status()) == FileVersion(status) && bytes.count == Int(status.st_size)
  }

  /// Whether the file at `path` is the one that was read, unchanged.
  func isCurrent() -> Bool {
    guard let now = try? Directory.status(of: path) else { return false }
    return FileVersion(now) == version
  }
}

/// Identifies one state of a file without reading it.
struct FileVersion: Hashable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  /// In nanoseconds since 1970, wrapped around: some file systems store any number of seconds.
  var modified: Int64
  /// Likewise. No program can set it, so it shows a change that keeps size and `modified`.
  var changed: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = FileVersion.nanoseconds(status.st_mtim)
    changed = FileVersion.nanoseconds(status.st_ctim)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// Why a file could not be read, locked or replaced.
package enum FileError: Error, Sendable {
  /// A system call failed; `code` is its errno.
  case system(operation: String, path: String, code: Int32)
  /// The directory of a new file does not exist.
  case noDirectory(path: String)
  /// A link to a file that does not exist; the administrator must decide what it should point to.
  case danglingLink(path: String)
  /// Other programs changed the file at each attempt to write it.
  case contended(path: String)
  /// Another edit holds the lock.
  case locked(path: String)
  /// The file is changed, but a power failure may undo that; `code` is an errno.
  case notOnDisk(path: String, code: Int32)

  /// A message for the administrator, with the fix.
  /// - Parameters:
  ///   - mode: the mode of a directory to create, for install(1).
  ///   - fix: the fix for an errno, if the file's purpose is known; nil: the general advice.
  package func description(mode: String = "0755", fix: (_ code: Int32, _ path: String) -> String?) -> String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path.printable): \(FileError.text(code))\(fix(code, path) ?? FileError.fix(for: code))"
    case .noDirectory(let path):
      "cannot create \(path.printable): its directory does not exist; create it with "
        + "`install -d -m \(mode) \(Directory.split(path).directory.printable)`"
    case .danglingLink(let path):
      "\(path.printable) is a link to a file that does not exist; create that file, or remove the link"
    case .contended(let path):
      "\(path.printable) changed at every attempt to write it; nothing was changed; try again"
    case .locked(let path):
      "another edit has held \(path.printable) for \(EditLock.timeout / 1000) seconds; nothing was changed; "
        + "`fuser \(path.printable)` shows its process; if there is none, remove the file"
    case .notOnDisk(let path, let code):
      "\(path.printable) is changed, but not confirmed to be on disk: \(FileError.text(code))"
    }
  }

  private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

  private static func fix(for code: Int32) -> String {
    switch code {
    case EACCES: "; run this as root, or as a user who may read the file and its directory"
    case EPERM: "; run this as root or as the file's owner"
    case EROFS: "; the file system is read-only: change the file at its source"
    case ENOSPC, EDQUOT: "; free space on the file system; nothing was changed"
    case ENOTDIR: "; a part of the path is not a directory"
    case ELOOP: "; the links form a loop"
    default: ""
    }
  }
}
