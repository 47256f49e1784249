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
