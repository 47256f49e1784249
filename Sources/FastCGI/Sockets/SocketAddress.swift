import CLinux
import Glibc

/// A `sockaddr` of any family. Only this type casts between its layouts; no pointer leaves a closure.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private var length: socklen_t

  var family: Int32 { Int32(storage.ss_family) }

  /// A unix socket's path; nil if it is longer than `sun_path` allows.
  init?(path: String) {
    guard path.utf8.count <= ListenAddress.maximumPathLength else { return nil }
    length = socklen_t(MemoryLayout<sockaddr_un>.size)
    withUnsafeMutableBytes(of: &storage) { bytes in
      let address = bytes.assumingMemoryBound(to: sockaddr_un.self)
      address[0].sun_family = sa_family_t(AF_UNIX)
      let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
      for (index, byte) in path.utf8.enumerated() { bytes[start + index] = byte }
    }
  }

  /// A name in the kernel's abstract namespace instead of the file system (unix(7)); nil if it is too long.
  init?(abstractName name: String) {
    guard let address = SocketAddress(path: "\0\(name)") else { return nil }
    self = address
    // The length counts here: a NUL after the name would be part of it.
    length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
  }

  /// A copy of the address from getaddrinfo(3).
  init(_ info: addrinfo) {
    length = info.ai_addrlen
    withUnsafeMutableBytes(of: &storage) { bytes in
      guard let source = info.ai_addr else { return }
      bytes.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Int(info.ai_addrlen)))
    }
  }

  /// The other end of a connected socket; nil if it is not connected.
  init?(peerOf descriptor: Int32) {
    length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var count = length
    let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &count) == 0 }
    }
    guard isKnown else { return nil }
    length = count
  }

  /// Whether it is an address of this machine only: unix, `127.0.0.0/8` or `::1`.
  var isLocal: Bool {
    switch PeerAddress(storage) {
    case .v4(let bits): bits >> 24 == 127
    case .v6(let bits): bits == 1 || bits >> 24 == 0xffff_7f
    case .none: family == AF_UNIX
    }
  }

  /// The TCP addresses of `host`; empty, with the resolver's message, if it has none.
  static func resolve(host: String, port: UInt16, passive: Bool) -> (
    addresses: [SocketAddress], failure: String
  ) {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { return ([], String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let info = next {
      addresses.append(SocketAddress(info.pointee))
      next = info.pointee.ai_next
    }
    return (addresses, "")
  }

  func bind(_ descriptor: Int32) -> Bool { withPointer { Glibc.bind(descriptor, $0, $1) == 0 } }

  func connect(_ descriptor: Int32) -> Bool { withPointer { Glibc.connect(descriptor, $0, $1) == 0 } }

  /// Sends one datagram to the address; whether all of it was sent.
  func send(_ bytes: [UInt8], from descriptor: Int32) -> Bool {
    withPointer { sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) == bytes.count }
  }

  private func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}

/// The peers that may connect over TCP. Other connections are closed as soon as they are accepted, unread.
package struct PeerFilter: Sendable {
  private let admits: @Sendable (PeerAddress) -> Bool

  /// - Parameter admits: whether a peer with this address may connect; called from every loop.
  package init(admits: @escaping @Sendable (PeerAddress) -> Bool) { self.admits = admits }

  /// Accepts the next connection like accept(2); a connection from another peer counts as aborted, which
  /// accept(2) may report as well. The address comes with the connection, without a further system call.
  func accept(from listener: Int32, refused: (PeerAddress) -> Void) -> Int32 {
    var storage = sockaddr_storage()
    let descriptor = bearerd_accept_from(listener, &storage)
    guard descriptor >= 0 else { return descriptor }
    let peer = PeerAddress(storage)
    guard !admits(peer) else { return descriptor }
    refused(peer)
    close(descriptor)
    errno = ECONNABORTED
    return -1
  }
}

/// The address of a peer.
package enum PeerAddress: Equatable, Sendable {
  /// An IPv4 address, its first octet highest.
  case v4(UInt32)
  /// An IPv6 address, its first group highest.
  case v6(UInt128)
  /// A unix socket, or another socket without an address.
  case none

  init(_ storage: sockaddr_storage) {
    self = withUnsafeBytes(of: storage) { bytes in
      switch Int32(storage.ss_family) {
      case AF_INET:
        return .v4(UInt32(bigEndian: bytes.load(as: sockaddr_in.self).sin_addr.s_addr))
      case AF_INET6:
        guard let start = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) else { return .none }
        return .v6(bytes[start..<start + 16].reduce(0) { $0 << 8 | UInt128($1) })
      default:
        return .none
      }
    }
  }
}
