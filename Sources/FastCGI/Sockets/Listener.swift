import CLinux
import Glibc

/// A listening socket, opened by this process or inherited.
package struct Listener: Sendable {
  /// The socket; open for the life of the process.
  package let descriptor: Int32
  /// The address, for the log.
  package let address: ListenAddress
  /// Whether another process holds the socket too, so its backlog is not lost when this process ends.
  package let isInherited: Bool
  private var file: FileIdentity?

  /// Whether peers have an IPv4 or IPv6 address.
  package var isTCP: Bool { Socket.family(descriptor) != AF_UNIX }

  /// The length of the queue of connections: nginx answers 500 if the backlog of a unix socket is full.
  /// net.core.somaxconn limits it.
  package static let backlog: Int32 = 4096

  /// Takes an inherited socket.
  /// - Throws: if `descriptor` is not a listening stream socket.
  package init(inheriting descriptor: Int32, as address: ListenAddress) throws(SystemError) {
    guard Socket.isListening(descriptor) else {
      throw SystemError("descriptor \(descriptor) is not a listening socket", code: ENOTSOCK)
    }
    guard Socket.setFlags(descriptor, nonblocking: true) else { throw SystemError("fcntl \(address)") }
    self.descriptor = descriptor
    self.address = address
    isInherited = true
  }

  /// Opens a TCP socket on every address of `host`.
  package static func tcp(host: String, port: UInt16) throws(SystemError) -> [Listener] {
    let address = ListenAddress.tcp(host: host, port: port)
    let resolved = SocketAddress.resolve(host: host, port: port, passive: true)
    guard !resolved.addresses.isEmpty else {
      throw SystemError("resolve \(host) (\(resolved.failure))", code: EADDRNOTAVAIL)
    }
    var listeners: [Listener] = []
    for candidate in resolved.addresses {
      let descriptor = Socket.open(family: candidate.family, nonblocking: true)
      guard descriptor >= 0 else { throw SystemError("socket \(address)") }
      Socket.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
      // `[::]:9000` means IPv6 only, as in nginx.
      if candidate.family == AF_INET6 { Socket.setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
      guard candidate.bind(descriptor), listen(descriptor, backlog) == 0 else {
        let failure = SystemError("bind \(address)")
        close(descriptor)
        throw failure
      }
      listeners.append(Listener(descriptor: descriptor, address: address, file: nil))
    }
    return listeners
  }

  /// Opens a unix socket that has this mode and owner before a peer can connect.
  ///
  /// An existing file is removed only if it is a socket without a listener.
  package static func unix(path: String, mode: mode_t, owner: Owner?) throws(SystemError) -> Listener {
    let address = ListenAddress.unix(path: path)
    guard let target = SocketAddress(path: path) else {
      throw SystemError("bind \(address)", code: ENAMETOOLONG)
    }
    try removeStale(path: path, target)
    let descriptor = Socket.open(family: AF_UNIX, nonblocking: true)
    guard descriptor >= 0 else { throw SystemError("socket \(address)") }
    // The mode of the socket's inode limits what bind(2) creates, so the mode is never wider than requested.
    guard fchmod(descriptor, mode & 0o600) == 0, target.bind(descriptor) else {
      throw closing(descriptor, SystemError("bind \(address)"))
    }
    do throws(SystemError) {
      try SocketFile(path: path).set(mode: mode, owner: owner)
    } catch {
      throw closing(descriptor, error, path)
    }
    guard listen(descriptor, backlog) == 0 else {
      throw closing(descriptor, SystemError("listen \(address)"), path)
    }
    return Listener(descriptor: descriptor, address: address, file: FileIdentity(path: path))
  }

  /// Removes the file of this process's own socket, if it is still the same, so that no peer connects any more.
  package func unlink() {
    guard case .unix(let path) = address, let file, file == FileIdentity(path: path) else { return }
    Glibc.unlink(path)
  }

  private init(descriptor: Int32, address: ListenAddress, file: FileIdentity?) {
    self.descriptor = descriptor
    self.address = address
    self.file = file
    isInherited = false
  }

  private static func closing(_ descriptor: Int32, _ failure: SystemError, _ path: String? = nil)
    -> SystemError
  {
    close(descriptor)
    if let path { Glibc.unlink(path) }
    return failure
  }

  private static func removeStale(path: String, _ target: SocketAddress) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemError("\(path) exists and is not a socket; not overwritten", code: EEXIST)
    }
    let probe = Socket.open(family: AF_UNIX, nonblocking: true)
    guard probe >= 0 else { throw SystemError("socket unix:\(path)") }
    defer { close(probe) }
    // EAGAIN: the backlog of a running listener is full.
    guard !target.connect(probe), errno == ECONNREFUSED else {
      throw SystemError("unix:\(path) is in use by another process", code: EADDRINUSE)
    }
    Glibc.unlink(path)
  }
}

/// The owner of a socket's file.
package struct Owner: Equatable, Sendable {
  /// The user id.
  package var user: uid_t
  /// The group id.
  package var group: gid_t

  package init(user: uid_t, group: gid_t) {
    self.user = user
    self.group = group
  }
}
