import Glibc

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
