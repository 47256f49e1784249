import Glibc
import TestSupport
import Testing

@testable import FastCGI

@Suite("The memory of requests that are not yet whole")
struct RequestMemoryTests {
  private static let megabyte = 1 << 20
  /// A request of 50 kB that lacks its end.
  private static let unfinished = begin() + record(4, pair("X", String(repeating: "x", count: 50_000)))

  private func makeServer(loops: Int = 1, memory: Int = megabyte) throws -> TestServer {
    try TestServer(loops: loops, requestMemory: memory)
  }

  private func held(by server: TestServer) -> Int {
    server.server.meters.reduce(0) { $0 + $1[.bytesTaken] - $1[.bytesFreed] }
  }

  private func evicted(by server: TestServer) -> Int {
    server.server.meters.reduce(0) { $0 + $1[.evicted] }
  }

  @Test(
    "stays below its limit, whatever peers send, and the oldest is closed first", .slow, arguments: [1, 3])
  func limit(loops: Int) throws {
    let memory = loops * RequestMemoryTests.megabyte
    let server = try makeServer(loops: loops, memory: memory)
    var peers: [Client] = []
    for _ in 0..<100 {
      let peer = try server.client()
      try peer.send(RequestMemoryTests.unfinished)
      peers.append(peer)
      #expect(held(by: server) <= memory)
    }
    #expect(eventually { evicted(by: server) >= 40 }, "\(evicted(by: server))")
    #expect(try peers[0].isClosedByPeer())
    #expect(try server.goodStatus() == 200)
    // The newest is still there, and is answered when it is whole.
    try peers[99].send(record(4) + stdin())
    #expect(try peers[99].readResponse().status == 401)
    withExtendedLifetime(peers) {}
  }

  @Test("lets peers that have sent nothing wait: they hold none of it")
  func silent() throws {
    let server = try makeServer()
    let silent = try (0..<50).map { _ in try server.client() }
    let peers = try (0..<60).map { _ in
      let peer = try server.client()
      try peer.send(RequestMemoryTests.unfinished)
      return peer
    }
    #expect(eventually { evicted(by: server) >= 30 })
    for client in silent {
      try client.send(goodRequest)
      #expect(try client.readResponse().status == 200)
    }
    withExtendedLifetime(peers) {}
  }

  @Test("has room for one whole request in every loop, however small it is made")
  func small() throws {
    let server = try makeServer(loops: 2, memory: 1)
    let client = try server.client()
    let part = pair("X", String(repeating: "x", count: 30_000))
    for bytes in [begin(), record(4, part), record(4, part), record(4, part), record(4, part)] {
      try client.send(bytes)
      usleep(5000)
    }
    try client.send(params(pair("HTTP_AUTHORIZATION", "good")) + stdin([UInt8](repeating: 1, count: 60_000)))
    #expect(try client.readResponse().status == 200)
  }

  @Test("is given back when the request is answered, and when its peer goes")
  func returned() throws {
    let server = try makeServer()
    let peers = try (0..<10).map { _ in
      let peer = try server.client()
      try peer.send(RequestMemoryTests.unfinished)
      return peer
    }
    #expect(eventually { held(by: server) >= 500_000 })
    for peer in peers[..<5] {
      try peer.send(record(4) + stdin())
      #expect(try peer.readResponse().status == 401)
    }
    withExtendedLifetime(peers) {}
    let left = peers[5...].count
    #expect(eventually { held(by: server) <= left * 70_000 }, "\(held(by: server))")
  }
}
