import CLinux
import Glibc
import Synchronization

/// One thread for what no event loop should wait for. Jobs run in the order in which they came.
final class BackgroundWorker: Sendable {
  private let queue: JobQueue
  private let thread: Mutex<Thread?>

  init() throws(SystemError) {
    let queue = try JobQueue()
    self.queue = queue
    thread = Mutex(try Thread(name: "worker") { while let job = queue.next() { job() } })
  }

  deinit { end() }

  func run(_ job: @escaping @Sendable () -> Void) { queue.append(job) }

  /// Returns when the job that runs is done; those that wait are dropped.
  func end() {
    queue.end()
    // A thread may be joined once only.
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }
}

/// What the worker and its thread share.
private final class JobQueue: Sendable {
  private let state = Mutex((jobs: [@Sendable () -> Void](), ends: false))
  /// Readable once for each job, and for the end.
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

  /// The next job, when there is one; nil at the end.
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
