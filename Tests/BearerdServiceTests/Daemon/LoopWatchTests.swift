import TestSupport
import Testing

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

@Suite("The watch over the loops")
struct LoopWatchTests {
  @Test("sees a loop that waits for nothing move when it is nudged, and complains of one that does not")
  func moves() throws {
    let listener = try #require(try Listener.tcp(host: "127.0.0.1", port: 0).first)
    let server = try Server(
      listeners: [listener], options: EngineOptions(loops: 2, timeout: 10, maximumConnections: 10),
      names: AuthParameter.names
    ) { Silent() }
    defer {
      server.drain()
      server.wait()
    }
    let watch = LoopWatch(server, at: 1000)
    watch.observe(at: 1000)
    for time: UInt64 in [2000, 3000, 4000] {
      let rounds = server.meters.map { $0[.rounds] }
      watch.nudge()
      #expect(eventually { zip(server.meters, rounds).allSatisfy { $0[.rounds] > $1 } })
      watch.observe(at: time)
      #expect(watch.haveAllMoved(since: time - 1))
      #expect(!watch.haveAllMoved(since: time))
    }
    #expect(watch.complaint(at: 19_000) == nil)
    // They were not woken since: to the watch they are stuck.
    watch.observe(at: 19_001)
    #expect(watch.complaint(at: 19_001) == "event loop 0 is stuck (15 s without progress)")
    #expect(!watch.haveAllMoved(since: 4000))
    #expect(watch.complaint(at: 70_000)?.hasPrefix("event loop 0 is stuck (") == true)
  }

  private final class Silent: Responder {
    func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {}
    func refused(_ rejection: Rejection) {}
  }
}
