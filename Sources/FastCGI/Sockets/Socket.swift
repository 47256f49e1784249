import CLinux
import Glibc

/// The socket calls, with errno as the only failure. Descriptors are plain numbers: the code that opens one
/// closes it.
enum Socket {
  /// A stream socket that is closed on exec; -1 and errno on failure.
  static func open(family: Int32, nonblocking: Bool) -> Int32 {
    let flags = SOCK_CLOEXEC.rawValue | (nonblocking ? SOCK_NONBLOCK.rawValue : 0)
    return socket(family, Int32(SOCK_STREAM.rawValue | flags), 0)
  }

  /// Two connected unix sockets, closed on exec and non-blocking.
  static func pair() -> (Int32, Int32)? {
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { return nil }
    return (pair[0], pair[1])
  }

  static func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : nil
  }

  @discardableResult
  static func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Bool {
    var value = value
    return setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
  }

  static func isListening(_ descriptor: Int32) -> Bool {
    option(descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 1
  }

  static func family(_ descriptor: Int32) -> Int32? {
    option(descriptor, SOL_SOCKET, SO_DOMAIN)
  }

  static func setFlags(_ descriptor: Int32, nonblocking: Bool) -> Bool {
    let status = fcntl(descriptor, F_GETFL)
    guard status >= 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { return false }
    return fcntl(descriptor, F_SETFL, nonblocking ? status | O_NONBLOCK : status & ~O_NONBLOCK) == 0
  }

  /// Receives into `bytes`, or only peeks. Returns the count of recv(2).
  static func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, peek: Bool = false)
    -> Int
  {
    recv(descriptor, bytes.baseAddress, bytes.count, Int32(peek ? MSG_PEEK : 0))
  }

  /// Receives into `bytes` from `start` on. Returns the count of recv(2).
  static func receive(_ descriptor: Int32, into bytes: inout [UInt8], from start: Int = 0) -> Int {
    bytes.withUnsafeMutableBytes {
      receive(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
  }

  /// Sends the first `count` of `bytes`, or all, in one call; whether all of them were sent.
  static func send(_ descriptor: Int32, _ bytes: Span<UInt8>, count: Int = .max) -> Bool {
    bytes.withUnsafeBufferPointer { buffer in
      let length = min(count, buffer.count)
      return Glibc.send(descriptor, buffer.baseAddress, length, Int32(MSG_NOSIGNAL)) == length
    }
  }
}

/// A failed system call.
package struct SystemError: Error, CustomStringConvertible {
  /// The call and its object: `bind unix:/run/bearerd.sock`.
  package var operation: String
  /// The errno.
  package var code: Int32

  /// Takes the errno of the last call.
  package init(_ operation: String, code: Int32 = errno) {
    self.operation = operation
    self.code = code
  }

  /// `bind unix:/run/bearerd.sock: Permission denied`
  package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}

/// An epoll instance with the events of its last wait. Level-triggered.
struct Epoll: ~Copyable {
  private let descriptor: Int32
  private var events: [epoll_event]
  private var count = 0

  init(capacity: Int) throws(SystemError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw SystemError("epoll_create1") }
    events = Array(repeating: epoll_event(), count: capacity)
  }

  deinit { close(descriptor) }

  /// Watches `target` for readability; `key` is returned with its events.
  /// - Parameter exclusive: wakes one of the epoll instances that watch a shared listener, not all.
  func add(_ target: Int32, key: UInt64, exclusive: Bool = false) -> Bool {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (exclusive ? EPOLLEXCLUSIVE.rawValue : EPOLLRDHUP.rawValue)
    event.data.u64 = key
    return epoll_ctl(descriptor, EPOLL_CTL_ADD, target, &event) == 0
  }

  /// Watches `target` for writability instead of readability, or the reverse. While it waits for writability,
  /// the end of the peer's data is not reported: it would be reported again and again.
  func change(_ target: Int32, key: UInt64, writing: Bool) -> Bool {
    var event = epoll_event()
    event.events = writing ? EPOLLOUT.rawValue : EPOLLIN.rawValue | EPOLLRDHUP.rawValue
    event.data.u64 = key
    return epoll_ctl(descriptor, EPOLL_CTL_MOD, target, &event) == 0
  }

  /// Watches `target` for its end only.
  func mute(_ target: Int32, key: UInt64) -> Bool {
    var event = epoll_event()
    event.data.u64 = key
    return epoll_ctl(descriptor, EPOLL_CTL_MOD, target, &event) == 0
  }

  func remove(_ target: Int32) {
    var unused = epoll_event()
    epoll_ctl(descriptor, EPOLL_CTL_DEL, target, &unused)
  }

  /// Waits at most `milliseconds`, or forever if negative. An interrupted wait has no events.
  mutating func wait(milliseconds: Int32) -> Int {
    count = max(0, Int(epoll_wait(descriptor, &events, Int32(events.count), milliseconds)))
    return count
  }

  /// The key of the event at `index` of the last wait.
  func key(at index: Int) -> UInt64 { events[index].data.u64 }
}

/// A unix socket for sending datagrams, as sd_notify(3) and syslog(3) do.
package final class DatagramSender: Sendable {
  private let descriptor: Int32
  private let target: SocketAddress

  /// How long to wait if the receiver's queue is full, in seconds.
  private static let timeout = 1

  /// - Parameters:
  ///   - path: an absolute path, or `@` and an abstract name; nil for anything else.
  ///   - waits: whether to wait if the receiver's queue is full.
  package init?(path: String, waits: Bool = true) {
    let isAbstract = path.hasPrefix("@")
    guard isAbstract || path.hasPrefix("/") else { return nil }
    guard
      let target = isAbstract
        ? SocketAddress(abstractName: String(path.dropFirst())) : SocketAddress(path: path)
    else { return nil }
    let mode = waits ? 0 : SOCK_NONBLOCK.rawValue
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | mode), 0)
    guard descriptor >= 0 else { return nil }
    self.target = target
    var limit = timeval(tv_sec: DatagramSender.timeout, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Whether the receiver has got it.
  @discardableResult
  package func send(_ text: String) -> Bool { target.send(Array(text.utf8), from: descriptor) }
}
