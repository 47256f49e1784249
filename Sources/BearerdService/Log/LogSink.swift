import Glibc
import Synchronization

/// Where log lines go, each with one write(2), so that lines of several threads never mix.
///
/// Nobody waits for a reader: the event loops log too, and a log that is read no more must not keep callers waiting.
/// What does not fit is lost, and counted.
final class LogSink: Sendable {
  private let descriptor: Int32
  private let lost = Mutex(0)

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes `line` and a line end where that can be done at once.
  /// - Returns: how many lines were lost before this one was written; 0 where this one is lost too.
  func write(_ line: String) -> Int {
    let bytes = Array((line + "\n").utf8)
    return lost.withLock { lost in
      guard isReady, bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) >= 0 else {
        lost += 1
        return 0
      }
      defer { lost = 0 }
      return lost
    }
  }

  /// A pipe says so while it has room for a page (pipe(7)), which is more than a line has.
  private var isReady: Bool {
    var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
    return poll(&descriptors, 1, 0) == 1 && descriptors[0].revents & Int16(POLLOUT) != 0
  }
}
