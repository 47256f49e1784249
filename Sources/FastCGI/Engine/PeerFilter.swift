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
