import CLinux
import FastCGI
import Glibc

/// Which sockets the daemon listens on: its own, or those a parent left open.
public struct ListenPlan: Sendable {
  /// As the administrator gave it; nil: inherited sockets only.
  public var address: ListenAddress?
  /// The mode of a unix socket's file.
  public var socketMode: UInt32
  /// The owner of a unix socket's file; nil: who runs us.
  public var socketOwner: Owner?

  /// A plan that only takes what a parent left open, where nothing is said.
  public init(address: ListenAddress? = nil, socketMode: UInt32 = 0o660, socketOwner: Owner? = nil) {
    self.address = address
    self.socketMode = socketMode
    self.socketOwner = socketOwner
  }

  /// No socket to listen on, and what to write.
  public struct Unavailable: Error, CustomStringConvertible {
    /// The whole sentence for the administrator.
    public var description: String
  }

  /// `--allow-peer` beside a unix socket, which somebody passed to us.
  static let noPeersToAllow = Unavailable(
    description: "--allow-peer does not apply to unix sockets, whose peers have no address; let the socket's "
      + "owner and mode say who may connect, and leave --allow-peer out")

  /// Opens or takes the sockets.
  /// - Throws: `SystemError` or `Unavailable`.
  func open() throws -> [Listener] {
    switch address {
    case .unix(let path): return [try Listener.unix(path: path, mode: socketMode, owner: socketOwner)]
    case .tcp(let host, let port): return try Listener.tcp(host: host, port: port)
    case .descriptor(let descriptor):
      return [try Listener(inheriting: descriptor, as: .descriptor(descriptor))]
    case .systemd(let name): return try passed(named: name)
    case nil: return try inherited()
    }
  }

  private func inherited() throws -> [Listener] {
    if !ListenPlan.passedSockets().isEmpty { return try passed(named: nil) }
    // spawn-fcgi and mod_fcgid leave the socket on descriptor 0 (FastCGI 1.0, section 2.2).
    if let listener = try? Listener(inheriting: 0, as: .descriptor(0)) { return [listener] }
    throw Unavailable(
      description:
        "nothing to listen on; write --listen unix:/run/bearerd/bearerd.sock, or start it from systemd "
        + "or spawn-fcgi with a socket")
  }

  private func passed(named name: String?) throws -> [Listener] {
    let sockets = ListenPlan.passedSockets().filter { name == nil || $0.name == name }
    guard !sockets.isEmpty else {
      let wanted = name.map { " named \($0); write FileDescriptorName=\($0) into the socket unit" }
      throw Unavailable(
        description: "systemd passed no socket" + (wanted ?? "; start the socket unit, or use --listen"))
    }
    return try sockets.map { try Listener(inheriting: $0.descriptor, as: .systemd(name: $0.name)) }
  }

  /// sd_listen_fds(3): LISTEN_FDS sockets from descriptor 3 on, for the process LISTEN_PID.
  private static func passedSockets() -> [(descriptor: Int32, name: String?)] {
    guard let pid = environment("LISTEN_PID").flatMap({ Int32($0) }), pid == getpid(),
      let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), count > 0
    else { return [] }
    let names = environment("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
    return (0..<count).map { (3 + $0, $0 < names.count ? String(names[Int($0)]) : nil) }
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
