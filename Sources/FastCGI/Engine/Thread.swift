import CLinux
import Glibc

/// A POSIX thread with a name of at most 15 bytes, joined once.
struct Thread: @unchecked Sendable {
  private let handle: pthread_t

  /// Runs `body` on a new thread, which takes no signal but those of its own faults.
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

// A function, not a closure: a closure literal may carry an actor's isolation, and pthread_create knows of none.
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
