import CLinux
import Glibc

/// The file of a unix socket that was just bound, held by its inode: whatever others do to the path meanwhile, no
/// other file gets the mode and the owner.
struct SocketFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// Opens what the path names now, and follows no link.
  /// - Throws: if it is not a socket that this process may have made: a socket of this user, with no other name.
  init(path: String) throws(SystemError) {
    self.path = path
    descriptor = bearerd_open_path(path)
    guard descriptor >= 0 else { throw SystemError("open \(path)") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError("fstat \(path)") }
    guard status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid(), status.st_nlink == 1 else {
      throw SystemError(
        "\(path) was replaced while the socket was made; use a directory that only root or bearerd may write to",
        code: EEXIST)
    }
  }

  deinit { close(descriptor) }

  /// Sets the owner first: until the mode is set, only this user may connect.
  func set(mode: mode_t, owner: Owner?) throws(SystemError) {
    // fchown(2) and fchmod(2) take no O_PATH descriptor; the kernel's link to it leads to the same inode (proc(5)).
    let inode = "/proc/self/fd/\(descriptor)"
    if let owner, chown(inode, owner.user, owner.group) != 0 { throw SystemError("chown \(path)") }
    guard chmod(inode, mode) == 0 else { throw SystemError("chmod \(path)") }
  }
}

/// Which file a path names. A number freed is given to the next file at once, so the time of its making counts
/// too; for a socket that is its modification time, which neither chmod nor connect changes.
struct FileIdentity: Equatable {
  var device: dev_t
  var inode: ino_t
  var seconds: Int
  var nanoseconds: Int

  init?(path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    device = status.st_dev
    inode = status.st_ino
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}
