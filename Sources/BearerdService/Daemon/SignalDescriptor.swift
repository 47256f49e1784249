import CLinux
import FastCGI
import Glibc

/// Signals as something to read, so that no handler ever runs.
struct SignalDescriptor: ~Copyable {
  let descriptor: Int32

  /// Blocks `signals` for this thread and all that it starts, and ignores SIGPIPE.
  init(_ signals: [Int32]) throws(SystemError) {
    signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("signalfd") }
  }

  deinit { close(descriptor) }

  /// The next signal that waits.
  func take() -> Int32? {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    return read(descriptor, &information, size) == size ? Int32(information.ssi_signo) : nil
  }
}
