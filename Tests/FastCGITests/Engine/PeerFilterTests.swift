import CLinux
import Foundation
import Synchronization
import Testing

@testable import FastCGI

@Suite("A filter of peers")
struct PeerFilterTests {
  /// A TCP server on a free port of `host` that admits only some peers, and what it was asked.
  private final class Site {
    let server: Server
    let address: ListenAddress
    let refused = Refused()

    init(host: String, admits: @escaping @Sendable (PeerAddress) -> Bool) throws {
      let listener = try #require(try Listener.tcp(host: host, port: 0).first)
      var bound = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let code = withUnsafeMutablePointer(to: &bound) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(listener.descriptor, $0, &length)
        }
      }
      try #require(code == 0)
      // The port stands at the same place in both families.
      let port = withUnsafeBytes(of: bound) { UInt16($0[2]) << 8 | UInt16($0[3]) }
      address = .tcp(host: host, port: port)
      var options = EngineOptions(loops: 1, timeout: 10, maximumConnections: 100)
      options.peers = PeerFilter(admits: admits)
      let refused = refused
      server = try Server(listeners: [listener], options: options, names: testNames) { refused }
    }

    deinit {
      server.drain()
      server.wait()
    }

    func status() throws -> Int? {
      try Client(connectingTo: address).response(
        to: RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("good".utf8))])
      ).status
    }
  }

  private final class Refused: Responder, Sendable {
    let peers = Mutex<[PeerAddress]>([])

    func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
      response.append("Status: 200 OK\r\n\r\n")
    }

    func refused(_ rejection: Rejection) {}

    func refused(_ peer: PeerAddress) { peers.withLock { $0.append(peer) } }
  }

  @Test("sees IPv4 and IPv6 addresses as they are", arguments: ["127.0.0.1", "::1"])
  func addresses(host: String) throws {
    let loopback: PeerAddress = host == "::1" ? .v6(1) : .v4(0x7f00_0001)
    let open = try Site(host: host) { $0 == loopback }
    #expect(try open.status() == 200)
    let shut = try Site(host: host) { $0 != loopback }
    for _ in 0..<3 { #expect(throws: (any Error).self) { try shut.status() } }
    #expect(shut.refused.peers.withLock { $0 } == [loopback, loopback, loopback])
    #expect(shut.server.meters[0][.peerNotAllowed] == 3)
    #expect(shut.server.meters[0][.accepted] == 0)
  }

  @Test("closes a foreign peer that says nothing, without waiting for a byte")
  func silent() throws {
    let shut = try Site(host: "127.0.0.1") { _ in false }
    #expect(try Client(connectingTo: shut.address).isClosedByPeer())
  }

  @Test("knows no address of a unix socket's peer")
  func unix() throws {
    let server = try TestServer(peers: PeerFilter { $0 != .none })
    #expect(throws: (any Error).self) { try server.goodStatus() }
  }
}
