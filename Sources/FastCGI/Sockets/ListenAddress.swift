import CLinux
import Glibc

/// The address the daemon listens on, as given by the administrator.
package enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
  /// `unix:/run/bearerd/bearerd.sock`
  case unix(path: String)
  /// `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`
  case tcp(host: String, port: UInt16)
  /// `fd:3`: an inherited listening socket.
  case descriptor(Int32)
  /// `systemd` or `systemd:NAME`: the sockets of LISTEN_FDS, or those with that name.
  case systemd(name: String?)

  /// An invalid address, and what to write instead.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    package var description: String
  }

  /// The longest path of a unix socket, in bytes (`sun_path` less its NUL).
  package static let maximumPathLength = 107

  /// Parses an address. A bare port is rejected: it could mean all interfaces or none.
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
    } else if let digits = text.after("fd:") {
      guard let descriptor = Int32(digits), descriptor >= 0, digits.allSatisfy(\.isNumber) else {
        throw Invalid(description: "\"\(text)\" is not a descriptor; use fd:N with N from 0")
      }
      self = .descriptor(descriptor)
    } else {
      self = try ListenAddress.tcp(text)
    }
  }

  private static func checked(path: String) throws(Invalid) -> String {
    guard path.hasPrefix("/") else {
      throw Invalid(description: "\"unix:\(path)\" is not absolute; use unix:/run/bearerd/bearerd.sock")
    }
    guard !path.utf8.contains(0) else { throw Invalid(description: "the socket's path contains a NUL byte") }
    guard path.utf8.count <= maximumPathLength else {
      throw Invalid(
        description:
          "the socket's path has \(path.utf8.count) bytes; Linux allows at most \(maximumPathLength)")
    }
    return path
  }

  private static func tcp(_ text: String) throws(Invalid) -> ListenAddress {
    guard let colon = text.lastIndex(of: ":") else {
      guard text.isEmpty || !text.allSatisfy(\.isNumber) else {
        throw Invalid(description: "\"\(text)\" is a bare port; write 127.0.0.1:\(text) or [::1]:\(text)")
      }
      throw Invalid(
        description:
          "\"\(text)\" is not a valid address; use unix:/PATH, HOST:PORT, [IPV6]:PORT, fd:N or systemd")
    }
    var host = String(text[..<colon])
    let digits = text[text.index(after: colon)...]
    guard let port = UInt16(digits), digits.allSatisfy(\.isNumber) else {
      throw Invalid(description: "\"\(text)\" needs a port from 0 to 65535 after its last colon")
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw Invalid(description: "\"\(text)\" is ambiguous; write an IPv6 address in brackets: [::1]:9000")
    }
    guard !host.isEmpty, host != "*" else {
      throw Invalid(
        description:
          "\"\(text)\" has no host; use 127.0.0.1:\(port), or 0.0.0.0:\(port) for every interface")
    }
    return .tcp(host: host, port: port)
  }

  /// In the form that `init(parsing:)` parses.
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

/// The file of a newly bound unix socket, held by its inode: whatever others do to the path, no other file gets
/// the mode and the owner.
struct SocketFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// Opens the file at the path, without following a link.
  /// - Throws: if it cannot be this process's socket: a socket of this user, with no other name.
  init(path: String) throws(SystemError) {
    self.path = path
    descriptor = bearerd_open_path(path)
    guard descriptor >= 0 else { throw SystemError("open \(path)") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError("fstat \(path)") }
    guard status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid(), status.st_nlink == 1 else {
      throw SystemError(
        "\(path) was replaced while the socket was created; use a directory that only root or bearerd may write to",
        code: EEXIST)
    }
  }

  deinit { close(descriptor) }

  /// Sets the owner first: until the mode is set, only this user may connect.
  func set(mode: mode_t, owner: Owner?) throws(SystemError) {
    // fchown(2) and fchmod(2) reject an O_PATH descriptor; the link in /proc leads to the same inode (proc(5)).
    let inode = "/proc/self/fd/\(descriptor)"
    if let owner, chown(inode, owner.user, owner.group) != 0 { throw SystemError("chown \(path)") }
    guard chmod(inode, mode) == 0 else { throw SystemError("chmod \(path)") }
  }
}

/// Identifies the file at a path. An inode may be reused at once, so the creation time is compared too; for a
/// socket that is its modification time, which neither chmod nor connect changes.
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
