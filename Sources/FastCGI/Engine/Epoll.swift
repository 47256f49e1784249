import CLinux
import Glibc

/// An epoll instance with the events of its last wait. Level-triggered throughout.
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

  /// Watches `target` for readability; `key` comes back with its events.
  /// - Parameter exclusive: wakes one of the epoll instances that watch a shared listener, not all.
  func add(_ target: Int32, key: UInt64, exclusive: Bool = false) -> Bool {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (exclusive ? EPOLLEXCLUSIVE.rawValue : EPOLLRDHUP.rawValue)
    event.data.u64 = key
    return epoll_ctl(descriptor, EPOLL_CTL_ADD, target, &event) == 0
  }

  /// Watches `target` for room to write instead of for readability, or the other way round. Who waits for room is
  /// not told that the peer has said its last: that would not change, and be told again and again.
  func change(_ target: Int32, key: UInt64, writing: Bool) -> Bool {
    var event = epoll_event()
    event.events = writing ? EPOLLOUT.rawValue : EPOLLIN.rawValue | EPOLLRDHUP.rawValue
    event.data.u64 = key
    return epoll_ctl(descriptor, EPOLL_CTL_MOD, target, &event) == 0
  }

  /// Watches `target` for nothing but its end: neither readability nor room to write is reported.
  func mute(_ target: Int32, key: UInt64) -> Bool {
    var event = epoll_event()
    event.data.u64 = key
    return epoll_ctl(descriptor, EPOLL_CTL_MOD, target, &event) == 0
  }

  func remove(_ target: Int32) {
    var unused = epoll_event()
    epoll_ctl(descriptor, EPOLL_CTL_DEL, target, &unused)
  }

  /// Waits at most `milliseconds`, for ever where negative. An interrupted wait has no events.
  mutating func wait(milliseconds: Int32) -> Int {
    count = max(0, Int(epoll_wait(descriptor, &events, Int32(events.count), milliseconds)))
    return count
  }

  /// The key of the event at `index` of the last wait.
  func key(at index: Int) -> UInt64 { events[index].data.u64 }
}
