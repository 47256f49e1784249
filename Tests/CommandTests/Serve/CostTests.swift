import FastCGI
import Foundation
import TestSupport
import Testing

/// What a check costs, counted and never timed: the system calls of an event loop, as strace(1) sees them.
@Suite("A check costs an event loop")
struct CostTests {
  private let scratch: Scratch
  private let service: Service
  private let request: RequestMessage

  init() throws {
    scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    service = try Service("--workers", "1", "--allow-core-dumps", scratch: scratch)
    try service.waits(for: "ready on")
    request = RequestMessage(parameters: [
      ("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8)), ("REMOTE_ADDR", Array("192.0.2.7".utf8)),
      ("REQUEST_METHOD", Array("GET".utf8)), ("REQUEST_URI", Array("/private".utf8)),
    ])
  }

  /// Its calls while `body` runs, but for those that another thread causes, which wakes it now and then.
  private func calls(_ body: () throws -> Void) throws -> [String: Int] {
    var loop: pid_t?
    // It is ready a moment before its threads have their names.
    try #require(
      eventually(seconds: 20) {
        loop = try? ProcessFacts(pid: service.running.pid).thread(named: "loop 0")
        return loop != nil
      })
    let trace = "\(scratch.path)/trace"
    let strace = try Bearerd.start(["strace", "-y", "-o", trace, "-p", "\(try #require(loop))"])
    try #require(eventually(seconds: 20) { strace.errorsSoFar.contains("attached") }, "\(strace.errorsSoFar)")
    try body()
    kill(strace.pid, SIGINT)
    _ = try strace.wait()
    var calls: [String: Int] = [:]
    for line in try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n") {
      guard let name = line.split(separator: "(").first, line.contains("("), !line.hasPrefix("strace") else {
        continue
      }
      // SIGCONT makes epoll_wait(2) return, for nothing.
      if line.contains(" EINTR ") { continue }
      if line.contains("eventfd") {
        calls["epoll_wait", default: 0] -= 1
      } else {
        calls[String(name), default: 0] += 1
      }
    }
    return calls
  }

  /// Connections with a whole request each, which the daemon finds all at once.
  private func ask(_ count: Int) throws {
    kill(service.running.pid, SIGSTOP)
    let clients = try (0..<count).map { _ in try Client(connectingTo: service.address) }
    for client in clients { try client.send(request.bytes) }
    kill(service.running.pid, SIGCONT)
    for client in clients {
      let status = try client.readResponse().status
      let isClosed = try client.isClosedByPeer()
      #expect(status == 200 && isClosed)
    }
  }

  private func expect(_ calls: [String: Int], _ exact: [String: Int], atMost: [String: Int]) {
    for (name, count) in exact { #expect(calls[name, default: 0] == count, "\(name): \(calls)") }
    for (name, count) in atMost { #expect(calls[name, default: 0] <= count, "\(name): \(calls)") }
    // An interrupted wait goes on as restart_syscall; a debug build's first lock asks for the thread's number, once.
    let known = Set(exact.keys).union(atMost.keys).union(["restart_syscall", "gettid"])
    #expect(calls["gettid", default: 0] <= 1)
    #expect(Set(calls.keys).isSubset(of: known), "\(calls)")
  }

  @Test("accept4, peek, read, write and close where callers come one by one, and one epoll_wait")
  func single() throws {
    let checks = 40
    let calls = try calls { for _ in 0..<checks { try ask(1) } }
    expect(
      calls, ["recvfrom": checks, "read": checks, "write": checks, "close": checks],
      // It tries now and then whether there are more.
      atMost: ["accept4": checks + 3, "epoll_wait": checks + 4])
  }

  @Test("accept4, peek, read, write and close where many callers come, and next to no epoll_wait")
  func many() throws {
    let checks = 1000
    let calls = try calls { try ask(checks) }
    expect(
      calls, ["recvfrom": checks, "read": checks, "write": checks, "close": checks],
      atMost: ["accept4": checks + 3, "epoll_wait": 16 + checks / 64 + 4])
  }

  @Test("peek, read, write and one epoll_wait on a connection that is kept")
  func kept() throws {
    let checks = 200
    let client = try Client(connectingTo: service.address)
    var request = request
    request.keepsConnection = true
    #expect(try client.response(to: request).status == 200)
    let calls = try calls {
      for _ in 0..<checks {
        let status = try client.response(to: request).status
        #expect(status == 200)
      }
    }
    expect(
      calls, ["recvfrom": checks, "read": checks, "write": checks, "accept4": 0, "close": 0],
      atMost: ["epoll_wait": checks + 2])
  }
}
