import BearerAuth
import CLinux
import Glibc

/// An open file or folder, closed when it goes out of use.
///
/// With `Folder` it is all that the token file asks of the system. Pointers are handed over for the length of
/// a call only, and every call is repeated when a signal breaks it off.
struct Descriptor: ~Copyable {
  let path: String
  let number: Int32

  /// Opens `path`. Never waits, not even for the writer of a FIFO, and never becomes a terminal's process.
  init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(TokenSourceError) {
    let flags = flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    number = try Descriptor.call("open", path) { Glibc.open(path, flags, mode) }
    self.path = path
  }

  deinit {
    close(number)
  }

  func status() throws(TokenSourceError) -> stat {
    var status = stat()
    try Descriptor.call("look at", path) { fstat(number, &status) }
    return status
  }

  /// Everything from here to the end; EFBIG where that is more than `limit` bytes, ENOMEM where they have no room.
  func readToEnd(limit: Int) throws(TokenSourceError) -> [UInt8] {
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
      let count = try Descriptor.call("read", path) {
        chunk.withUnsafeMutableBytes { read(number, $0.baseAddress, $0.count) }
      }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else { throw .system(operation: "read", path: path, code: EFBIG) }
      bytes += chunk[..<count]
    }
  }

  func write(_ bytes: [UInt8]) throws(TokenSourceError) {
    var written = 0
    while written < bytes.count {
      written += try Descriptor.call("write", path) {
        bytes[written...].withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      }
    }
  }

  /// Returns when the content, or a folder's names, are on the disk.
  func synchronize() throws(TokenSourceError) {
    try Descriptor.call("write", path) { fsync(number) }
  }

  /// Whether the lock is ours now, until the descriptor is closed; false where another holds it.
  func lock() throws(TokenSourceError) -> Bool {
    do throws(TokenSourceError) {
      try Descriptor.call("lock", path) { flock(number, LOCK_EX | LOCK_NB) }
      return true
    } catch {
      guard case .system(_, _, EWOULDBLOCK) = error else { throw error }
      return false
    }
  }

  func setOwner(_ user: uid_t, _ group: gid_t) throws(TokenSourceError) {
    try Descriptor.call("keep the owner of", path) { fchown(number, user, group) }
  }

  func setMode(_ mode: mode_t) throws(TokenSourceError) {
    try Descriptor.call("set the mode of", path) { fchmod(number, mode) }
  }

  /// Repeats a call that a signal broke off; a negative result is errno's business.
  @discardableResult
  static func call<Number: SignedInteger>(_ operation: String, _ path: String, _ body: () -> Number)
    throws(TokenSourceError) -> Number
  {
    while true {
      let result = body()
      guard result < 0 else { return result }
      guard errno == EINTR else { throw .system(operation: operation, path: path, code: errno) }
    }
  }
}

/// What a file carries beside owner and mode (xattr(7)): its POSIX access control list, labels, what users attach.
enum FileAttributes {
  /// As the kernel names a file's own access control list.
  private static let accessList = "system.posix_acl_access"

  /// These belong to the old content; a copy would be wrong.
  private static let ofContent: Set = ["security.ima", "security.evm", "security.capability"]

  /// A new file has entries from the default access control list of its directory, and its mode limits them. This takes
  /// them away, for a file whose access is copied from another.
  static func removeInherited(from file: borrowing Descriptor) throws(TokenSourceError) {
    guard try file.attributeNames().contains(accessList) else { return }
    try file.removeAttribute(accessList)
  }

  /// Gives `copy` the attributes of `original`.
  /// - Throws: if one cannot be kept, but for the system's own labels: those the system gives as it must.
  static func copy(from original: borrowing Descriptor, to copy: borrowing Descriptor)
    throws(TokenSourceError)
  {
    for name in try original.attributeNames() where !ofContent.contains(name) {
      guard let value = try original.attribute(name), try copy.attribute(name) != value else { continue }
      do throws(TokenSourceError) {
        try copy.setAttribute(name, value)
      } catch {
        guard name.hasPrefix("security.") || name.hasPrefix("trusted.") else { throw error }
      }
    }
  }
}

extension Descriptor {
  /// None where the file system keeps no attributes.
  func attributeNames() throws(TokenSourceError) -> [String] {
    let list = try Descriptor.bytes("list the attributes of", path) { flistxattr(number, $0, $1) }
    return (list ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// nil where there is none.
  func attribute(_ name: String) throws(TokenSourceError) -> [UInt8]? {
    try Descriptor.bytes("read the attribute \(name) of", path) { fgetxattr(number, name, $0, $1) }
  }

  func setAttribute(_ name: String, _ value: [UInt8]) throws(TokenSourceError) {
    try Descriptor.call("keep the attribute \(name) of", path) {
      fsetxattr(number, name, value, value.count, 0)
    }
  }

  func removeAttribute(_ name: String) throws(TokenSourceError) {
    try Descriptor.call("remove the attribute \(name) of", path) { fremovexattr(number, name) }
  }

  /// XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h.
  private static let attributeLimit = 65536

  private static func bytes(
    _ operation: String, _ path: String, _ body: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws(TokenSourceError) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: attributeLimit)
    do throws(TokenSourceError) {
      let count = try call(operation, path) {
        buffer.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
      }
      return buffer[..<count].map { UInt8(bitPattern: $0) }
    } catch {
      guard case .system(_, _, let code) = error, code == ENODATA || code == ENOTSUP else { throw error }
      return nil
    }
  }
}

/// One token file as it was read, and what tells whether it is still the same.
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
  init(reading path: String, limit: Int = TokenSource.maximumSize) throws(TokenSourceError) {
    let file = try Descriptor(opening: path, O_RDONLY)
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
    guard let now = try? Folder.status(of: path) else { return false }
    return FileVersion(now) == version
  }
}
