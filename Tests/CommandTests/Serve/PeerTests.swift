import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("bearerd serve --allow-peer")
struct PeerTests {
  private let scratch: Scratch
  private let secret: String

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
  }

  private func status(_ address: String) throws -> Int? {
    let good = RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))])
    return try Client(connectingTo: ListenAddress(parsing: address)).response(to: good).status
  }

  @Test(
    "admits the peers in its blocks, and closes others before a byte, which the log and the figures tell",
    arguments: [
      ("127.0.0.1:19481", "127.0.0.0/8", true), ("127.0.0.1:19482", "127.0.0.2,10.0.0.0/8,::1", false),
      ("[::1]:19483", "::1", true), ("[::1]:19484", "127.0.0.0/8", false),
      ("127.0.0.1:19485", "::ffff:127.0.0.1", true), ("127.0.0.1:19486", "0.0.0.0/0", true),
    ])
  func blocks(address: String, blocks: String, isAdmitted: Bool) throws {
    let service = try Service(
      "--listen", address, "--allow-peer", blocks, scratch: scratch, listens: false)
    try service.waits(for: "ready on")
    guard !isAdmitted else {
      #expect(try status(address) == 200)
      return
    }
    let silent = try Client(connectingTo: ListenAddress(parsing: address))
    #expect(try silent.isClosedByPeer())
    #expect(throws: (any Error).self) { try status(address) }
    let peer = address.hasPrefix("[") ? "::1" : "127.0.0.1"
    try service.waits(
      for: "connection closed: peer not in --allow-peer client=\(peer) reason=peer-not-allowed")
    let health = try Bearerd.run("health", "--listen", address)
    #expect(
      health.code == 1 && health.errors.contains("this host is not in --allow-peer"), "\(health.errors)")
    #expect(try service.end().code == 0)
  }

  @Test("takes an IPv4 peer of a socket for both families by its IPv4 address")
  func mapped() throws {
    // systemd's sockets take both where they are told to listen on [::].
    let inherit =
      "import os,socket,sys; s=socket.socket(socket.AF_INET6); "
      + "s.setsockopt(socket.IPPROTO_IPV6,socket.IPV6_V6ONLY,0); "
      + "s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); s.bind(('::',19487)); s.listen(); "
      + "os.dup2(s.fileno(),0); os.execv(sys.argv[1],sys.argv[1:])"
    let service = try Service(
      "--allow-peer", "127.0.0.0/8", scratch: scratch, launcher: ["python3", "-c", inherit], listens: false)
    try service.waits(for: "ready on")
    #expect(try status("127.0.0.1:19487") == 200)
    #expect(throws: (any Error).self) { try status("[::1]:19487") }
  }

  @Test("is refused beside a unix socket, whether it is ours or passed to us")
  func unix() throws {
    let ours = try Service("--allow-peer", "127.0.0.1", scratch: scratch).wait()
    #expect(ours.code == 64 && ours.errors.contains("--allow-peer is for TCP"), "\(ours.errors)")
    let passed = try Bearerd.start([
      "systemd-socket-activate", "-l", "\(scratch.path)/passed", Bearerd.path, "serve", "--tokens",
      scratch.tokens,
      "--allow-peer", "127.0.0.1",
    ])
    _ = eventually { (try? Client(connectingTo: .unix(path: "\(scratch.path)/passed"))) != nil }
    let outcome = try passed.wait()
    #expect(
      outcome.code == 69 && outcome.errors.contains("--allow-peer does not apply to unix sockets"),
      "\(outcome.errors)")
  }

  @Test("is refused with what is no block", arguments: ["localhost", "10.0.0.1/8", "", "127.0.0.1,"])
  func nonsense(blocks: String) throws {
    let outcome = try Bearerd.run(
      "serve", "--listen", "127.0.0.1:19488", "--allow-peer", blocks, tokens: scratch.tokens)
    #expect(outcome.code == 64)
  }
}
