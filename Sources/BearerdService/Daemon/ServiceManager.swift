import FastCGI
import Glibc

/// What systemd is told, and what it asks for (sd_notify(3), sd_watchdog_enabled(3)). Without systemd nobody is told.
struct ServiceManager: Sendable {
  private let sender: DatagramSender?
  /// Whether anybody is told.
  var isThere: Bool { sender != nil }
  /// How often systemd wants to hear that we are alive, in milliseconds: half of what it would wait. Nil: not at all.
  let watchdogInterval: UInt64?

  /// Takes NOTIFY_SOCKET and the watchdog's variables out of the environment, so that nobody speaks for us. Not
  /// beside other threads, which may be reading the environment.
  init() {
    sender = ServiceManager.take("NOTIFY_SOCKET").flatMap { DatagramSender(path: $0) }
    let microseconds = ServiceManager.take("WATCHDOG_USEC").flatMap { UInt64($0) }
    let process = ServiceManager.take("WATCHDOG_PID")
    let isOurs = process == nil || process == String(getpid())
    watchdogInterval = sender != nil && isOurs ? microseconds.map { max(1, $0 / 2000) } : nil
  }

  /// The daemon serves, or has read its tokens again.
  func ready(_ status: String) { sender?.send("READY=1\nSTATUS=\(status)") }

  /// The tokens are read again from now on; `ready` ends it.
  func reloading() {
    sender?.send("RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonicNanoseconds() / 1000)")
  }

  /// Nothing new is served from now on.
  func stopping() { sender?.send("STOPPING=1\nSTATUS=answering what was accepted") }

  /// The daemon lives.
  func ping() { sender?.send("WATCHDOG=1") }

  /// A line for `systemctl status`.
  func tell(_ status: String) { sender?.send("STATUS=\(status)") }

  private static func take(_ name: String) -> String? {
    guard let value = getenv(name).map({ String(cString: $0) }) else { return nil }
    unsetenv(name)
    return value
  }
}
