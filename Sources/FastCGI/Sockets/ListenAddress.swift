import CLinux
import Glibc

/// Where the daemon listens, as the administrator writes it.
package enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
  /// `unix:/run/bearerd/bearerd.sock`
  case unix(path: String)
  /// `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`
  case tcp(host: String, port: UInt16)
  /// `fd:3`: a listening socket that a parent left open.
  case descriptor(Int32)
  /// `systemd` or `systemd:NAME`: the sockets of LISTEN_FDS, or those of that name.
  case systemd(name: String?)

  /// An address that cannot be understood, and what to write instead.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    /// The whole sentence for the administrator.
    package var description: String
  }

  /// The longest path a unix socket may have, in bytes (`sun_path` less its NUL).
  package static let maximumPathLength = 107

  /// Reads an address; never guesses: a bare port could mean all interfaces or none.
  package init(parsing text: String) throws(Invalid) {
    if text == "systemd" {
      self = .systemd(name: nil)
    } else if let name = text.after("systemd:") {
      guard !name.isEmpty else {
        throw Invalid(description: "systemd: lacks a name; write systemd:NAME or systemd")
      }
      self = .systemd(name: name)
    } else if let path = text.after("unix:") {
      self = .unix(path: try ListenAddress.checked(path: path))
    } else if let number = text.after("fd:") {
      guard let descriptor = Int32(number), descriptor >= 0, number.allSatisfy(\.isNumber) else {
        throw Invalid(description: "\"\(text)\" names no descriptor; write fd:N with N from 0")
      }
      self = .descriptor(descriptor)
    } else {
      self = try ListenAddress.tcp(text)
    }
  }

  private static func checked(path: String) throws(Invalid) -> String {
    guard path.hasPrefix("/") else {
      throw Invalid(description: "\"unix:\(path)\" is not absolute; write unix:/run/bearerd/bearerd.sock")
    }
    guard !path.utf8.contains(0) else { throw Invalid(description: "the socket's path holds a NUL byte") }
    guard path.utf8.count <= maximumPathLength else {
      throw Invalid(
        description: "the socket's path has \(path.utf8.count) bytes; Linux allows \(maximumPathLength)")
    }
    return path
  }

  private static func tcp(_ text: String) throws(Invalid) -> ListenAddress {
    guard let colon = text.lastIndex(of: ":") else {
      guard text.isEmpty || !text.allSatisfy(\.isNumber) else {
        throw Invalid(description: "\"\(text)\" is a bare port; write 127.0.0.1:\(text) or [::1]:\(text)")
      }
      throw Invalid(
        description: "\"\(text)\" is no address; write unix:/PATH, HOST:PORT, [IPV6]:PORT, fd:N or systemd")
    }
    var host = String(text[..<colon])
    let digits = text[text.index(after: colon)...]
    guard let port = UInt16(digits), digits.allSatisfy(\.isNumber) else {
      throw Invalid(description: "\"\(text)\" has no port from 0 to 65535 after its last colon")
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw Invalid(description: "\"\(text)\" is ambiguous; write an IPv6 address in brackets: [::1]:9000")
    }
    guard !host.isEmpty, host != "*" else {
      throw Invalid(
        description:
          "\"\(text)\" names no host; write 127.0.0.1:\(port), or 0.0.0.0:\(port) for every interface")
    }
    return .tcp(host: host, port: port)
  }

  /// The form that `init(parsing:)` reads.
  package var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .descriptor(let descriptor): "fd:\(descriptor)"
    case .systemd(let name): name.map { "systemd:\($0)" } ?? "systemd"
    }
  }
}

extension String {
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

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
