import BearerAuth
import Glibc

/// An open file or folder, closed when it goes out of use.
///
/// With `Directory` it is all that the token file asks of the system. Pointers are handed over for the length of
/// a call only, and every call is repeated when a signal breaks it off.
struct OpenFile: ~Copyable {
  let path: String
  let descriptor: Int32

  /// Opens `path`. Never waits, not even for the writer of a FIFO, and never becomes a terminal's process.
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
    try OpenFile.call("look at", path) { fstat(descriptor, &status) }
    return status
  }

  /// Everything from here to the end; EFBIG where that is more than `limit` bytes, ENOMEM where they have no room.
  func readToEnd(limit: Int) throws(FileError) -> [UInt8] {
    let size = Int(try status().st_size)
    guard size <= limit else { throw .system(operation: "read", path: path, code: EFBIG) }
    guard Memory.hasRoom(for: size + (1 << 20)) else {
      throw .system(operation: "read", path: path, code: ENOMEM)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    // Of thousands of small files none takes much; and files of /proc have no size.
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

  /// Returns when the content, or a folder's names, are on the disk.
  func synchronize() throws(FileError) {
    try OpenFile.call("write", path) { fsync(descriptor) }
  }

  /// Whether the lock is ours now, until the descriptor is closed; false where another holds it.
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

  /// Repeats a call that a signal broke off; a negative result is errno's business.
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

/// One file as it was read, and what tells whether it is still the same.
struct FileText {
  let path: String
  let bytes: [UInt8]
  let status: stat
  /// False for a file that was written while it was read: what was read may be a mixture.
  let isWhole: Bool

  var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
  var version: FileVersion { FileVersion(status) }
  /// Whether every line has its line end.
  var isTerminated: Bool { bytes.last.map { $0 == UInt8(ascii: "\n") } ?? true }

  /// Reads a regular file; of anything else there are no bytes.
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

  /// Whether the file at `path` is the one that was read, and was not written since.
  func isCurrent() -> Bool {
    guard let now = try? Directory.status(of: path) else { return false }
    return FileVersion(now) == version
  }
}

/// What tells one state of a file from another without reading it.
struct FileVersion: Hashable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  /// In nanoseconds since 1970. Wrapped around: some file systems keep any number of seconds.
  var modified: Int64
  /// As above. No program can set it, so a change that keeps size and `modified` shows here.
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
  /// The directory of a file that is to be made does not exist.
  case noDirectory(path: String)
  /// A link that points nowhere; what it should point to is for the administrator to say.
  case danglingLink(path: String)
  /// Someone wrote the file again and again while it was edited.
  case contended(path: String)
  /// Another edit did not end.
  case locked(path: String)
  /// It is changed, but a power failure may undo that; `code` is an errno.
  case notOnDisk(path: String, code: Int32)

  /// For the administrator, with the fix.
  /// - Parameters:
  ///   - mode: of a directory to create, as install(1) takes it.
  ///   - fix: what to do about an errno, from a caller that knows what the file is for; nil: the general advice.
  package func description(mode: String = "0755", fix: (_ code: Int32, _ path: String) -> String?) -> String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path.printable): \(FileError.text(code))\(fix(code, path) ?? FileError.fix(for: code))"
    case .noDirectory(let path):
      "cannot make \(path.printable): its directory does not exist; create it with "
        + "`install -d -m \(mode) \(Directory.split(path).directory.printable)`"
    case .danglingLink(let path):
      "\(path.printable) is a link to a file that does not exist; create that file, or remove the link"
    case .contended(let path):
      "\(path.printable) changed each time it was to be written; nothing was changed; try again"
    case .locked(let path):
      "another edit has held \(path.printable) for \(EditLock.timeout / 1000) seconds; nothing was changed; "
        + "`fuser \(path.printable)` shows its process; if there is none, remove the file"
    case .notOnDisk(let path, let code):
      "\(path.printable) is changed, but the disk does not confirm it: \(FileError.text(code))"
    }
  }

  private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

  private static func fix(for code: Int32) -> String {
    switch code {
    case EACCES: "; run this as root, or as a user who may read the file and its directory"
    case EPERM: "; run this as root or as the file's owner"
    case EROFS: "; the file system is read-only: change the file where it comes from"
    case ENOSPC, EDQUOT: "; make room on the file system; nothing was changed"
    case ENOTDIR: "; a part of the path is not a directory"
    case ELOOP: "; the links form a circle"
    default: ""
    }
  }
}
