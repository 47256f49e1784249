import Foundation
import TestSupport
import Testing

@testable import FastCGI

@Suite("An answer too long for one write")
struct LongAnswerTests {
  private func request(_ length: Int, role: Role = .responder, keeps: Bool = false, when: String = "long")
    -> RequestMessage
  {
    RequestMessage(
      role: role, id: 7, keepsConnection: keeps,
      parameters: [("HTTP_AUTHORIZATION", Array("\(when):\(length)".utf8))])
  }

  /// More than the sockets of both sides hold.
  private let tooMuch = 20_000_000

  @Test(
    "arrives whole, again and again on one connection, whatever its length",
    arguments: [7980, 8000, 8001, 65_527, 65_528, 65_529, 131_056, 1_000_000, 20_000_000],
    [Role.responder, .authorizer])
  func whole(length: Int, role: Role) throws {
    let server = try TestServer(loops: 1)
    let client = try server.client()
    for _ in 0..<2 {
      let response = try client.response(to: request(length, role: role, keeps: true))
      #expect(response.isEnded && response.status == 200)
      #expect(response.output.count == length + 18 && response.output.last == 0x61)
    }
    let once = try server.client()
    #expect(try once.response(to: request(length, role: role)).output.count == length + 18)
    once.finishSending()
    #expect(try once.isClosedByPeer())
  }

  @Test(
    "arrives whole if another thread makes it, whatever its length",
    arguments: [0, 1, 8001, 65_528, 20_000_000],
    [Role.responder, .authorizer])
  func later(length: Int, role: Role) throws {
    let server = try TestServer()
    let client = try server.client()
    for _ in 0..<3 {
      let response = try client.response(to: request(length, role: role, keeps: true, when: "later"))
      #expect(response.isEnded && response.status == 200 && response.output.count == length + 18)
      #expect(try client.response(to: request(10, role: role, keeps: true)).output.count == 28)
    }
    let parts = try server.client()
    let bytes = request(length, role: role, when: "later").bytes
    for byte in bytes { try parts.send([byte]) }
    parts.finishSending()
    #expect(try parts.readResponse().output.count == length + 18)
  }

  @Test("that another thread makes delays no check; at most sixteen may wait")
  func slowMaker() throws {
    let release = DispatchSemaphore(value: 0)
    let server = try TestServer(loops: 1) { SlowResponder(until: release) }
    let slow = try server.client()
    try slow.send(request(0, when: "slow").bytes)
    let leaving = try (0..<5).map { _ in try server.client() }
    for client in leaving { try client.send(request(0, when: "slow").bytes) }
    for _ in 0..<100 { #expect(try server.goodStatus() == 200) }
    // Sixteen may wait; those above are six of them.
    let more = try (0..<11).map { _ in try server.client() }
    for client in more {
      try client.send(request(0, when: "slow").bytes)
      // The loop has read the one before this check: the last is the one above the limit.
      #expect(try server.goodStatus() == 200)
    }
    #expect(throws: Client.Failure.closed) { try more[10].readResponse() }
    withExtendedLifetime(leaving) {}
    for _ in 0..<17 { release.signal() }
    #expect(try slow.readResponse().status == 200)
    for client in more[..<10] { #expect(try client.readResponse().status == 200) }
  }

  @Test("that another thread makes is sent by a server that drains")
  func laterDrain() throws {
    let release = DispatchSemaphore(value: 0)
    let server = try TestServer(loops: 1) { SlowResponder(until: release) }
    let client = try server.client()
    try client.send(request(0, when: "slow").bytes)
    #expect(try server.goodStatus() == 200)
    server.server.drain()
    release.signal()
    #expect(try client.readResponse().status == 200)
    server.server.wait()
  }

  @Test("arrives whole where its request came in parts, and where the peer had said its last")
  func parts() throws {
    let server = try TestServer(loops: 1)
    let bytes = request(tooMuch).bytes
    let client = try server.client()
    try client.send(Array(bytes.prefix(30)))
    #expect(try server.goodStatus() == 200)
    try client.send(Array(bytes.dropFirst(30)))
    client.finishSending()
    #expect(try server.goodStatus() == 200)
    let response = try client.readResponse()
    #expect(response.isEnded && response.output.count == tooMuch + 18)
  }

  @Test("that its peer does not read delays no other client, and is cut at the deadline without END_REQUEST")
  func deaf() throws {
    let server = try TestServer(loops: 1, timeout: 1)
    let deaf = try (0..<10).map { _ in try server.client() }
    for client in deaf { try client.send(request(tooMuch).bytes) }
    for _ in 0..<20 { #expect(try server.goodStatus() == 200) }
    #expect(eventually { server.server.meters[0][.timedOut] == 10 })
    for client in deaf { #expect(throws: Client.Failure.closed) { try client.readResponse() } }
  }

  @Test("costs nothing while its peer does not take it, not even where that has said its last")
  func quiet() throws {
    let server = try TestServer(loops: 1)
    let deaf = try server.client()
    try deaf.send(request(tooMuch).bytes)
    deaf.finishSending()
    #expect(try server.goodStatus() == 200)
    let before = server.server.meters[0][.rounds]
    usleep(300_000)
    #expect(server.server.meters[0][.rounds] - before < 20)
  }

  @Test("is refused where sixteen others are on their way already, until one of them has ended")
  func many() throws {
    let server = try TestServer(loops: 1)
    var deaf = try (0..<16).map { _ in try server.client() }
    for client in deaf {
      try client.send(request(tooMuch).bytes)
      _ = try client.readRecord()
    }
    #expect(throws: Client.Failure.closed) { try server.client().response(to: request(tooMuch)) }
    deaf.removeLast()
    #expect(eventually { (try? server.client().response(to: request(tooMuch)))?.isEnded == true })
    withExtendedLifetime(deaf) {}
  }

  @Test("is finished by a server that drains, where its peer takes it")
  func drain() throws {
    let server = try TestServer(loops: 1)
    let client = try server.client()
    try client.send(request(tooMuch).bytes)
    _ = try client.readRecord()
    server.server.drain()
    #expect(try client.readResponse().isEnded)
    server.server.wait()
  }
}

/// Answers "slow" from another thread, when it is released; everything else at once.
private final class SlowResponder: Responder {
  private let release: DispatchSemaphore

  init(until release: DispatchSemaphore) { self.release = release }

  func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
    let isSlow = parameters.withValue(at: 0) { $0.count > 4 && $0[0] == UInt8(ascii: "s") }
    guard isSlow == true else { return response.append("Status: 200 OK\r\n\r\n") }
    let release = release
    response.makeLater {
      _ = release.wait(timeout: .now() + 60)
      return Array("Status: 200 OK\r\n\r\n".utf8)
    }
  }

  func refused(_ rejection: Rejection) {}
}
