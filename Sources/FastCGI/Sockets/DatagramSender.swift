import CLinux
import Glibc

/// A unix socket that only sends datagrams, as sd_notify(3) does.
public final class DatagramSender: Sendable {
  private let descriptor: Int32
  private let target: SocketAddress

  /// How long a full queue of the receiver is waited for, in seconds.
  private static let patience = 1

  /// - Parameter path: an absolute path, or `@` and an abstract name; nil for anything else.
  public init?(path: String) {
    let isAbstract = path.hasPrefix("@")
    guard isAbstract || path.hasPrefix("/") else { return nil }
    guard
      let target = isAbstract
        ? SocketAddress(abstractName: String(path.dropFirst())) : SocketAddress(path: path)
    else { return nil }
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    self.target = target
    var limit = timeval(tv_sec: DatagramSender.patience, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Whether the receiver has it.
  @discardableResult
  public func send(_ text: String) -> Bool { target.send(Array(text.utf8), from: descriptor) }
}
