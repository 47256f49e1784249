import Foundation
import TestSupport
import Testing

@testable import FastCGI

@Suite("The server")
struct ServerTests {
  @Test("A good request is answered, a bad one denied")
  func answers() throws {
    let server = try TestServer()
    #expect(try server.goodStatus() == 200)
    let denied = try server.client().response(to: RequestMessage())
    #expect(denied.status == 401)
    #expect(denied.body == "-")
  }

  @Test(
    "Many requests on one kept connection, whatever their role", arguments: [Role.responder, .authorizer])
  func kept(role: Role) throws {
    let server = try TestServer()
    let client = try server.client()
    for id: UInt16 in 1...50 {
      let request = RequestMessage(
        role: role, id: id, keepsConnection: true, parameters: [("HTTP_AUTHORIZATION", Array("good".utf8))])
      #expect(try client.response(to: request).status == 200)
    }
  }

  @Test("An Authorizer's empty STDIN may come with the request, in parts, late or never")
  func authorizerStdin() throws {
    let server = try TestServer()
    for cut in 0...8 {
      let client = try server.client()
      for id: UInt16 in 1...3 {
        let head = begin(id: id, role: 2, flags: 1) + params(id: id, pair("HTTP_AUTHORIZATION", "good"))
        try client.send(head + stdin(id: id).prefix(cut))
        #expect(try client.readResponse().status == 200)
        if cut > 0 { try client.send(Array(stdin(id: id).dropFirst(cut))) }
      }
    }
  }

  @Test("A request that comes byte by byte is answered")
  func dripping() throws {
    let server = try TestServer()
    let client = try server.client()
    for byte in goodRequest { try client.send([byte]) }
    #expect(try client.readResponse().status == 200)
  }

  @Test(
    "A head of any length up to the limit is answered", arguments: [8000, 8192, 8193, 9000, 65_000, 130_000])
  func long(length: Int) throws {
    let server = try TestServer()
    let filler = String(repeating: "x", count: length - 200)
    let request = RequestMessage(parameters: [
      ("X", Array(filler.utf8)), ("HTTP_AUTHORIZATION", Array("good".utf8)),
    ])
    #expect(try server.client().response(to: request).status == 200)
  }

  @Test("A record of 65,535 bytes, the most there can be, is answered")
  func longestRecord() throws {
    let server = try TestServer()
    let token = pair("HTTP_AUTHORIZATION", "good")
    let content = token + pair("X", String(repeating: "y", count: 65_535 - token.count - 6))
    #expect(content.count == RecordHeader.maximumContent)
    let client = try server.client()
    try client.send(begin() + params(content) + stdin())
    #expect(try client.readResponse().status == 200)
  }

  @Test("Sixty thousand parameters, nearly the most that fit, are answered")
  func manyParameters() throws {
    let server = try TestServer()
    let client = try server.client()
    let empty = [UInt8](repeating: 0, count: 60_000)
    try client.send(begin() + params(empty, empty, pair("HTTP_AUTHORIZATION", "good")) + stdin())
    #expect(try client.readResponse().status == 200)
  }

  @Test("Parameters in records of one byte each are answered")
  func tinyRecords() throws {
    let server = try TestServer()
    let client = try server.client()
    let pairs = pair("HTTP_AUTHORIZATION", "good") + pair("X", String(repeating: "y", count: 1000))
    try client.send(begin() + pairs.flatMap { record(4, [$0], padding: 3) } + record(4) + stdin())
    #expect(try client.readResponse().status == 200)
  }

  @Test("A Responder's body is read and forgotten")
  func body() throws {
    let server = try TestServer()
    let client = try server.client()
    let body = [UInt8](repeating: 1, count: 60_000)
    for _ in 0..<3 {
      try client.send(begin(flags: 1) + params(pair("HTTP_AUTHORIZATION", "good")) + stdin(body))
      #expect(try client.readResponse().status == 200)
    }
  }

  @Test(
    "GET_VALUES is answered, padded or not, however often and with however many names, and the request after it too",
    arguments: [1, 4, 40], [1, 4, 40])
  func getValues(times: Int, names: Int) throws {
    let server = try TestServer()
    for padding in [0, 5, 255] {
      let client = try server.client()
      let pairs = (0..<names).flatMap { _ in pair("FCGI_MAX_CONNS", "") }
      let ask = record(9, id: 0, pairs, padding: padding)
      for _ in 0..<times { try client.send(ask) }
      for _ in 0..<times { #expect(try client.readRecord()[1] == 10) }
      try client.send(goodRequest)
      #expect(try client.readResponse().status == 200)
      let once = try server.client()
      try once.send(ask + goodRequest)
      #expect(try once.readRecord()[1] == 10)
      #expect(try once.readResponse().status == 200)
    }
  }

  @Test(
    "What the gate refuses is closed without a byte, and the next client is answered",
    arguments: GateTests.refused)
  func refuses(refused: GateTests.Refused) throws {
    let server = try TestServer()
    let client = try server.client()
    try? client.send(refused.bytes)
    #expect(try client.isClosedByPeer())
    #expect(try server.goodStatus() == 200)
  }

  @Test("Random bytes, as they are or in a frame of records, are never allowed", arguments: 1...20)
  func random(seed: UInt64) throws {
    let server = try TestServer()
    var generator = RequestMutator(seed: seed)
    for _ in 0..<50 {
      let bytes = (0..<Int.random(in: 1...300, using: &generator)).map { _ in
        UInt8.random(in: .min ... .max, using: &generator)
      }
      for message in [bytes, begin() + bytes, begin() + record(4, bytes) + record(4) + stdin()] {
        let client = try server.client()
        try? client.send(message)
        client.finishSending()
        if let response = try? client.readResponse() { #expect(response.status == 401) }
      }
    }
    #expect(try server.goodStatus() == 200)
  }

  @Test("A peer that closes after any byte does no harm")
  func leaves() throws {
    let server = try TestServer()
    for length in goodRequest.indices { try server.client().send(Array(goodRequest[..<length])) }
    #expect(try server.goodStatus() == 200)
  }

  @Test("A peer that ends its side in the middle is closed without a byte")
  func halfClosed() throws {
    let server = try TestServer()
    for length in goodRequest.indices {
      let client = try server.client()
      try client.send(Array(goodRequest[..<length]))
      client.finishSending()
      #expect(try client.isClosedByPeer())
    }
  }

  @Test("A peer that closes before its response does no harm", arguments: [1, 8, 1000])
  func leavesUnanswered(part: Int) throws {
    let server = try TestServer(loops: 1)
    for _ in 0..<100 {
      let client = try server.client()
      for start in stride(from: 0, to: goodRequest.count, by: part) {
        try client.send(Array(goodRequest[start..<min(start + part, goodRequest.count)]))
      }
    }
    #expect(try server.goodStatus() == 200)
  }

  @Test("A peer that never reads its answers is closed, and the loop that it is on serves others", .slow)
  func deaf() throws {
    let server = try TestServer(loops: 1)
    let deaf = try server.client(timeout: 300)
    var sent = 0
    while sent < 10_000, (try? deaf.send(RequestMessage(keepsConnection: true).bytes)) != nil {
      sent += 1
      // Each request is seen alone, or it would be refused for what stands behind it.
      #expect(eventually { deaf.unread == 0 })
      #expect(try server.goodStatus() == 200)
    }
    #expect(sent > 10 && sent < 10_000, "\(sent) answers fitted")
  }

  @Test("A silent peer is closed at its deadline")
  func deadline() throws {
    let server = try TestServer(timeout: 1)
    let client = try server.client()
    try client.send(Array(goodRequest.prefix(20)))
    let start = SystemClock.monotonicMilliseconds()
    #expect(try client.isClosedByPeer())
    #expect(SystemClock.monotonicMilliseconds() - start >= 900)
  }

  @Test("If too many connections wait, the oldest is closed for a new one")
  func manyConnections() throws {
    let server = try TestServer(loops: 1, maximumConnections: 10)
    let idle = try (0..<30).map { _ in try server.client() }
    for client in idle { try? client.send([1]) }
    #expect(try server.goodStatus() == 200)
    #expect(try idle[0].isClosedByPeer())
  }

  @Test("Another loop answers while one is stuck in a request")
  func stuckLoop() throws {
    let isHeld = DispatchSemaphore(value: 0)
    let release = DispatchSemaphore(value: 0)
    let server = try TestServer(loops: 2) { HoldingResponder(isHeld, until: release) }
    let held = try server.client()
    try held.send(begin() + params(pair("HTTP_AUTHORIZATION", "hold")) + stdin())
    try #require(isHeld.wait(timeout: .now() + 20) == .success)
    for _ in 0..<50 { #expect(try server.goodStatus() == 200) }
    release.signal()
    #expect(try held.readResponse().status == 200)
  }

  @Test("No connection is closed while there is room in all, whichever loops hold them")
  func unevenCrowd() throws {
    let server = try TestServer(loops: 20, maximumConnections: 20)
    let waiting = try (0..<18).map { _ in try server.client() }
    for client in waiting { try client.send(Array(goodRequest.prefix(30))) }
    #expect(eventually { server.server.meters.reduce(0) { $0 + $1[.reading] } == 18 })
    for client in waiting {
      try client.send(Array(goodRequest.dropFirst(30)))
      #expect(try client.readResponse().status == 200)
    }
  }

  @Test("A drain answers what was accepted, closes what is idle and refuses the rest")
  func drain() throws {
    let server = try TestServer(loops: 1)
    let kept = try server.client()
    let keeping = RequestMessage(keepsConnection: true)
    _ = try kept.response(to: keeping)
    let half = try server.client()
    try half.send(Array(goodRequest.prefix(30)))
    Thread.sleep(forTimeInterval: 0.1)
    server.server.drain()
    #expect(try kept.isClosedByPeer())
    #expect(throws: (any Error).self) { try server.client() }
    try half.send(Array(goodRequest.dropFirst(30)))
    #expect(try half.readResponse().status == 200)
    server.server.wait()
  }

  @Test("A drain beside silent peers ends within three seconds", .slow)
  func silentDrain() throws {
    let server = try TestServer()
    let silent = try (0..<20).map { _ in try server.client() }
    for client in silent { try client.send([1]) }
    let start = SystemClock.monotonicMilliseconds()
    server.server.drain()
    server.server.wait()
    #expect(SystemClock.monotonicMilliseconds() - start < 3000)
    withExtendedLifetime(silent) {}
  }
}

/// Allows everyone; a client that sends "hold" waits until it is released.
private final class HoldingResponder: Responder {
  private let isHeld: DispatchSemaphore
  private let release: DispatchSemaphore

  init(_ isHeld: DispatchSemaphore, until release: DispatchSemaphore) {
    self.isHeld = isHeld
    self.release = release
  }

  func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
    let holds = parameters.withValue(at: 0) { $0.count == 4 && $0[0] == UInt8(ascii: "h") }
    if holds == true {
      isHeld.signal()
      // After a failure the handler is not released.
      _ = release.wait(timeout: .now() + 60)
    }
    response.append("Status: 200 OK\r\n\r\n")
  }

  func refused(_ rejection: Rejection) {}
}
