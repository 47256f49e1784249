import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("A daemon that is told to stop")
struct StopTests {
  private let scratch: Scratch
  private let secret: String
  private let service: Service
  private let request: [UInt8]

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    request = RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))]).bytes
  }

  private var client: Client { get throws { try Client(connectingTo: service.address) } }

  private func secondsToEnd() throws -> Double {
    let start = Date()
    let outcome = try service.end()
    #expect(outcome.code == 0, "\(outcome.errors)")
    return Date().timeIntervalSince(start)
  }

  @Test(
    "ends at once where nothing waits, by SIGTERM, SIGINT and SIGUSR1", arguments: [SIGTERM, SIGINT, SIGUSR1])
  func idle(signal: Int32) throws {
    #expect(try service.status(secret) == 200)
    let start = Date()
    let outcome = try service.end(signal)
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains("stopped"))
    #expect(Date().timeIntervalSince(start) < 1)
    #expect(try scratch.names() == ["tokens"])
  }

  @Test("ends while SIGHUP comes again during each reload")
  func busyWithReloads() throws {
    // Enough that a reload takes longer than the next signal.
    try scratch.write((1...300).map { "app sha256:\(String(format: "%064x", $0)) id=\($0)\n" }.joined())
    let storm = try Bearerd.start([
      "sh", "-c", "while kill -HUP $1; do :; done", "sh", "\(service.running.pid)",
    ])
    try service.waits(for: "tokens reloaded", times: 3)
    #expect(try secondsToEnd() < 3)
    _ = try storm.wait()
  }

  @Test("ends while each read of a change causes the next: strace writes beside the tokens")
  func busyWithChanges() throws {
    let strace = try Bearerd.start([
      "strace", "-f", "-e", "trace=read", "-o", "\(scratch.path)/trace", "-p", "\(service.running.pid)",
    ])
    try #require(eventually(seconds: 20) { strace.errorsSoFar.contains("attached") }, "\(strace.errorsSoFar)")
    try scratch.write("", to: "change")
    usleep(500_000)
    #expect(try service.status(secret) == 200)
    #expect(try secondsToEnd() < 3)
    _ = try strace.wait()
  }

  @Test("answers a request of which it has seen any part", arguments: [1, 8, 16, 20, 40, 60, 90])
  func midParams(part: Int) throws {
    let slow = try client
    try slow.send(Array(request.prefix(part)))
    usleep(50_000)
    kill(service.running.pid, SIGTERM)
    try service.waits(for: "stopping")
    usleep(100_000)
    try slow.send(Array(request.dropFirst(part)))
    #expect(try slow.readResponse().status == 200)
    #expect(try service.wait().code == 0)
  }

  @Test("answers a request that had connected and said nothing yet")
  func fresh() throws {
    let fresh = try client
    kill(service.running.pid, SIGTERM)
    try service.waits(for: "stopping")
    try fresh.send(request)
    #expect(try fresh.readResponse().status == 200)
    #expect(try service.wait().code == 0)
  }

  @Test("ends within three seconds beside silent, half-sent and kept peers, who cost no CPU meanwhile")
  func silentPeers() throws {
    let peers = try (0..<30).map { index in
      let peer = try client
      if index % 3 == 1 { try peer.send(Array(request.prefix(20 + index))) }
      if index % 3 == 2 { _ = try peer.response(to: RequestMessage(keepsConnection: true)) }
      return peer
    }
    usleep(50_000)
    let start = Date()
    kill(service.running.pid, SIGTERM)
    try service.waits(for: "stopping")
    #expect(try ProcessFacts(pid: service.running.pid).ticksInOneSecond() <= 2)
    #expect(try service.wait().code == 0)
    #expect(Date().timeIntervalSince(start) < 3)
    withExtendedLifetime(peers) {}
  }

  @Test("ends within three seconds beside peers that never read their answers")
  func deafPeers() throws {
    let peers = try (0..<5).map { _ in try client }
    for peer in peers { try peer.send(RequestMessage(keepsConnection: true).bytes) }
    #expect(try secondsToEnd() < 3)
  }
}
