import Glibc
import Testing

@testable import BearerdService

@Suite("What systemd asks for")
struct ServiceManagerTests {
  @Test("is removed from the environment, which child processes inherit; pings are twice as often")
  func environment() {
    setenv("NOTIFY_SOCKET", "@bearerd-test-missing", 1)
    setenv("WATCHDOG_USEC", "30000000", 1)
    setenv("WATCHDOG_PID", "\(getpid())", 1)
    #expect(ServiceManager().watchdogInterval == 15_000)
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { #expect(getenv(name) == nil, "\(name)") }
    let missing = ServiceManager()
    #expect(!missing.isThere && missing.watchdogInterval == nil)
    setenv("WATCHDOG_USEC", "30000000", 1)
    #expect(ServiceManager().watchdogInterval == nil)
  }
}
