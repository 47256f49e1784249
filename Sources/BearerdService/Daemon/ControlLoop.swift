import BearerAuth
import Glibc

/// The main thread while the event loops serve: signals, changed tokens, lines held back.
struct ControlLoop {
  let signals: Int32
  let reloader: Reloader
  let journal: DenialLog
  let now: @Sendable () -> Instant

  /// Changes come in swarms: reloads are at least so far apart, in milliseconds.
  private static let reloadInterval: Int32 = 50

  /// Returns at the first signal that ends the daemon.
  /// - Parameter takeSignal: the next signal that waits.
  func run(takeSignal: () -> Int32?) {
    var mustReload = false
    while true {
      // Once a second it looks whether lines are held back, and whether a folder that was missing has come.
      wait(atMost: mustReload ? ControlLoop.reloadInterval : 1000)
      while let signal = takeSignal() {
        guard signal == SIGHUP else { return }
        mustReload = reloader.reload(at: now(), isOrdered: true)
      }
      if mustReload || reloader.isBlind {
        mustReload = reloader.reload(at: now())
      } else {
        mustReload = reloader.hasChanged()
      }
      journal.flush(at: now())
    }
  }

  private func wait(atMost milliseconds: Int32) {
    var descriptors = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
    // While a reload is due anyway, further changes need not wake us.
    if let watch = reloader.watchDescriptor, milliseconds != ControlLoop.reloadInterval {
      descriptors.append(pollfd(fd: watch, events: Int16(POLLIN), revents: 0))
    }
    poll(&descriptors, nfds_t(descriptors.count), milliseconds)
  }
}
