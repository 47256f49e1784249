import CLinux
import Glibc

/// An open file or folder, closed when it goes out of use.
///
/// With `Folder` it is all that the token file asks of the system. Pointers are handed over for the length of
/// a call only, and every call is repeated when a signal breaks it off.
struct Descriptor: ~Copyable {
  let path: String
  private let number: Int32

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

  /// Whether nothing can be written where the file is.
  func isOnReadOnlyMount() throws(TokenSourceError) -> Bool {
    var status = statvfs()
    try Descriptor.call("look at", path) { fstatvfs(number, &status) }
    return status.f_flag & UInt(ST_RDONLY) != 0
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
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
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

  /// Waits until nobody else holds the lock, and holds it until the descriptor is closed.
  func lock() throws(TokenSourceError) {
    try Descriptor.call("lock", path) { flock(number, LOCK_EX) }
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
