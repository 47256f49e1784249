import CLinux
import Glibc

/// The socket calls, with errno as the only failure. Descriptors are plain numbers: who opens one closes it.
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

  /// Reads what is there into `bytes`, or only looks at it. The count as recv(2) gives it.
  static func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, peek: Bool = false)
    -> Int
  {
    recv(descriptor, bytes.baseAddress, bytes.count, Int32(peek ? MSG_PEEK : 0))
  }

  /// Reads what is there into `bytes` from `start` on. The count as recv(2) gives it.
  static func receive(_ descriptor: Int32, into bytes: inout [UInt8], from start: Int = 0) -> Int {
    bytes.withUnsafeMutableBytes {
      receive(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
  }

  /// Sends the first `count` of `bytes`, or all, in one call; whether all of them went.
  static func send(_ descriptor: Int32, _ bytes: Span<UInt8>, count: Int = .max) -> Bool {
    bytes.withUnsafeBufferPointer { buffer in
      let length = min(count, buffer.count)
      return Glibc.send(descriptor, buffer.baseAddress, length, Int32(MSG_NOSIGNAL)) == length
    }
  }
}

/// A system call that failed.
public struct SystemError: Error, CustomStringConvertible {
  /// What was tried, with what: `bind unix:/run/bearerd.sock`.
  public var operation: String
  /// errno as it was left.
  public var code: Int32

  /// Takes errno as the last call left it.
  public init(_ operation: String, code: Int32 = errno) {
    self.operation = operation
    self.code = code
  }

  /// `bind unix:/run/bearerd.sock: Permission denied`
  public var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
