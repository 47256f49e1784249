import CLinux
import Glibc
import Synchronization

/// A POSIX thread with a name of at most 15 bytes, joined once.
struct PosixThread: @unchecked Sendable {
  private let handle: pthread_t

  /// Runs `body` on a new thread, which blocks all signals except those of its own faults.
  init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    // Retained until the thread takes it over.
    let start = Unmanaged.passRetained(Start(name: name, body))
    var handle = pthread_t()
    let code = pthread_create(&handle, nil, runThread, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw SystemError("pthread_create", code: code)
    }
    self.handle = handle
  }

  func join() { pthread_join(handle, nil) }
}

private final class Start {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, _ body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

// A function, not a closure: a closure literal may have an actor's isolation, which pthread_create ignores.
private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  var signals = sigset_t()
  sigfillset(&signals)
  for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { sigdelset(&signals, fault) }
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
  bearerd_set_thread_name(start.name)
  start.body()
  return nil
}

/// One thread for work that no event loop should wait for. Jobs run in order.
final class BackgroundWorker: Sendable {
  private let queue: JobQueue
  private let thread: Mutex<PosixThread?>

  init() throws(SystemError) {
    let queue = try JobQueue()
    self.queue = queue
    thread = Mutex(try PosixThread(name: "worker") { while let job = queue.next() { job() } })
  }

  deinit { end() }

  func run(_ job: @escaping @Sendable () -> Void) { queue.append(job) }

  /// Returns when the current job is done; waiting jobs are dropped.
  func end() {
    queue.end()
    // A thread must be joined only once.
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }
}

/// Shared by the worker and its thread.
private final class JobQueue: Sendable {
  private let state = Mutex((jobs: [@Sendable () -> Void](), ends: false))
  /// Readable once for each job, and at the end.
  private let descriptor: Int32

  init() throws(SystemError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_SEMAPHORE))
    guard descriptor >= 0 else { throw SystemError("eventfd") }
  }

  deinit { close(descriptor) }

  func append(_ job: @escaping @Sendable () -> Void) {
    state.withLock { $0.jobs.append(job) }
    wake()
  }

  func end() {
    state.withLock { $0 = ([], true) }
    wake()
  }

  /// Waits for the next job; nil at the end.
  func next() -> (@Sendable () -> Void)? {
    while true {
      var count: UInt64 = 0
      read(descriptor, &count, 8)
      let (job, ends) = state.withLock { ($0.jobs.isEmpty ? nil : $0.jobs.removeFirst(), $0.ends) }
      if job != nil || ends { return job }
    }
  }

  private func wake() {
    var one: UInt64 = 1
    write(descriptor, &one, 8)
  }
}

/// The time, without a system call: the clocks are read through the vDSO.
package enum SystemClock {
  /// Milliseconds since an arbitrary start, never set back; with a resolution of about 4 ms.
  package static func monotonicMilliseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  /// Nanoseconds since the same start, exact.
  package static func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Whole seconds since 1970-01-01T00:00:00Z.
  package static func unixSeconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
  }
}
