import BearerAuth
import FastCGI

extension IPAddress {
  /// The address of a TCP peer; nil for a unix socket's.
  init?(_ peer: PeerAddress) {
    switch peer {
    case .v4(let bits): self.init(family: .v4, bits: UInt128(bits))
    case .v6(let bits): self.init(family: .v6, bits: bits)
    case .none: return nil
    }
  }
}

extension PeerFilter {
  /// Admits peers inside one of `blocks`.
  init(admitting blocks: [AddressBlock]) {
    self.init { peer in
      guard let address = IPAddress(peer) else { return false }
      return blocks.contains { $0.contains(address) }
    }
  }
}
