/// Where the daemon listens, as the administrator writes it.
public enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
  /// `unix:/run/bearerd/bearerd.sock`
  case unix(path: String)
  /// `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`
  case tcp(host: String, port: UInt16)
  /// `fd:3`: a listening socket that a parent left open.
  case descriptor(Int32)
  /// `systemd` or `systemd:NAME`: the sockets of LISTEN_FDS, or those of that name.
  case systemd(name: String?)

  /// An address that cannot be understood, and what to write instead.
  public struct Invalid: Error, Equatable, CustomStringConvertible {
    /// The whole sentence for the administrator.
    public var description: String
  }

  /// The longest path a unix socket may have, in bytes (`sun_path` less its NUL).
  public static let maximumPathLength = 107

  /// Reads an address; never guesses: a bare port could mean all interfaces or none.
  public init(parsing text: String) throws(Invalid) {
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
  public var description: String {
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
