import CLinux
import Glibc

/// Which peers may connect over TCP. Others are closed right after they are accepted, before a byte is read.
public struct PeerFilter: Sendable {
  private let admits: @Sendable (PeerAddress) -> Bool

  /// - Parameter admits: whether a peer with this address may connect; called from every loop.
  public init(admits: @escaping @Sendable (PeerAddress) -> Bool) { self.admits = admits }

  /// Accepts the next connection as accept(2) does; one of a foreign peer counts as aborted, which that call may
  /// report as well. The address comes with the connection: no further system call.
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

/// Where a peer connects from.
public enum PeerAddress: Equatable, Sendable {
  /// An IPv4 address, its first octet highest.
  case v4(UInt32)
  /// An IPv6 address, its first group highest.
  case v6(UInt128)
  /// A unix socket, or nothing that has an address.
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
