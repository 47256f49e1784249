import Foundation
import Testing

@testable import FastCGI

@Suite("The loops that take turns at the listening sockets")
struct ListenerTurnTests {
  /// Allows everybody, and those who say "hold" not before it is let go.
  private final class HoldingResponder: Responder {
    private let held: DispatchSemaphore
    private let release: DispatchSemaphore

    init(_ held: DispatchSemaphore, until release: DispatchSemaphore) {
      self.held = held
      self.release = release
    }

    func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
      let isHeld = parameters.withValue(at: 0) { $0.count == 4 && $0[0] == UInt8(ascii: "h") }
      if isHeld == true {
        held.signal()
        // A test that has failed lets nobody go.
        _ = release.wait(timeout: .now() + 60)
      }
      response.append("Status: 200 OK\r\n\r\n")
    }

    func refused(_ refusal: Refusal) {}
  }

  private let held = DispatchSemaphore(value: 0)
  private let release = DispatchSemaphore(value: 0)
  private let server: TestServer

  init() throws {
    let (held, release) = (held, release)
    server = try TestServer { HoldingResponder(held, until: release) }
  }

  private var accepted: [Int] { server.server.meters.map { $0[.accepted] } }

  /// A client who holds up the loop that accepts.
  private func holdLoop() throws -> Client {
    let client = try server.client()
    try client.send(begin() + params(pair("HTTP_AUTHORIZATION", "hold")) + stdin())
    try #require(held.wait(timeout: .now() + 20) == .success)
    return client
  }

  private func letGo(_ client: Client) throws {
    release.signal()
    #expect(try client.readResponse().status == 200)
  }

  @Test("serve callers that come one by one from one loop, and leave the others asleep")
  func single() throws {
    for _ in 0..<200 { #expect(try server.goodStatus() == 200) }
    // Sixty-four in a row, each there when the one before has been served, look like a queue.
    #expect(accepted[0] >= 190 && accepted.reduce(0, +) == 200, "\(accepted)")
    #expect(server.server.meters[1][.rounds] <= 10)
  }

  @Test("come to a queue together")
  func queue() throws {
    var isShared = false
    // How soon a called loop comes is up to the system.
    for _ in 0..<100 where !isShared {
      let first = try holdLoop()
      let clients = try (0..<500).map { _ in try server.client() }
      for client in clients { try client.send(goodRequest) }
      try letGo(first)
      for client in clients { #expect(try client.readResponse().status == 200) }
      isShared = accepted.allSatisfy { $0 > 0 }
    }
    #expect(isShared)
  }

  @Test("each get about as many of those connections that are kept")
  func kept() throws {
    let clients = try (0..<20).map { _ in
      let client = try server.client()
      let response = try client.response(to: RequestMessage(keepsConnection: true))
      #expect(response.status == 200)
      return client
    }
    let idle = { server.server.meters.map { $0[.idle] } }
    #expect(eventually { idle().reduce(0, +) == 20 })
    #expect(idle().allSatisfy { (8...12).contains($0) }, "\(idle())")
    withExtendedLifetime(clients) {}
  }

  @Test("have another accept where the one whose turn it is hangs, and not where it has nothing to do")
  func relief() throws {
    try #require(eventually { server.server.meters.allSatisfy(\.isWaiting) })
    for _ in 0..<10 { server.server.relieve() }
    #expect(try server.goodStatus() == 200)
    #expect(accepted == [1, 0])
    let first = try holdLoop()
    let second = try server.client()
    try second.send(goodRequest)
    for _ in 0..<2 { server.server.relieve() }
    #expect(try second.readResponse().status == 200)
    for _ in 0..<5 { #expect(try server.goodStatus() == 200) }
    #expect(accepted == [2, 6])
    let rounds = server.server.meters[0][.rounds]
    try letGo(first)
    // In its next round it learns that its turn is over.
    try #require(eventually { server.server.meters[0][.rounds] >= rounds + 2 })
    for _ in 0..<5 { #expect(try server.goodStatus() == 200) }
    #expect(accepted == [2, 11])
  }
}
