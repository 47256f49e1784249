import FastCGI
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Restarts behind a socket that somebody else holds")
struct RestartTests {
  @Test("lose no request: the next daemon starts, then the one before drains")
  func inherited() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let address = ListenAddress.unix(path: "\(scratch.path)/socket")
    let listener = try Listener.unix(path: "\(scratch.path)/socket", mode: 0o600, owner: nil)
    defer { close(listener.descriptor) }
    // What is started inherits it, as from systemd or spawn-fcgi.
    #expect(fcntl(listener.descriptor, F_SETFD, 0) == 0)
    func daemon() throws -> Service {
      let service = try Service("--listen", "fd:\(listener.descriptor)", scratch: scratch, listens: false)
      try service.waits(for: "ready on")
      return service
    }
    let good = RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))])
    let tally = Tally()
    let load = (0..<2).map { _ in
      let thread = Foundation.Thread {
        while !tally.isOver.load(ordering: .relaxed) {
          let status = try? Client(connectingTo: address).response(to: good).status
          if status == 200 {
            tally.answered.add(1, ordering: .relaxed)
          } else {
            tally.failed.add(1, ordering: .relaxed)
          }
        }
      }
      thread.start()
      return thread
    }
    var current = try daemon()
    for _ in 0..<10 {
      usleep(50_000)
      let next = try daemon()
      #expect(try current.end().code == 0)
      current = next
    }
    tally.isOver.store(true, ordering: .relaxed)
    #expect(eventually { load.allSatisfy(\.isFinished) })
    #expect(try current.end().code == 0)
    let failed = tally.failed.load(ordering: .relaxed)
    let answered = tally.answered.load(ordering: .relaxed)
    #expect(failed == 0)
    #expect(answered > 1000)
  }
}

/// What the threads of a load count.
private final class Tally: Sendable {
  let answered = Atomic(0)
  let failed = Atomic(0)
  let isOver = Atomic(false)
}
