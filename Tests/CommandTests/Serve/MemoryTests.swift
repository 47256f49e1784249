import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("What a daemon takes of the machine's memory")
struct MemoryTests {
  @Test("is at most 150 bytes a token, however often they are read again")
  func tokens() throws {
    let scratch = try Scratch()
    try scratch.write("# none yet\n")
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    let facts = ProcessFacts(pid: service.running.pid)
    let before = try facts.resident()
    let count = 100_000
    let lines = (0..<count).map { number in
      // Spread as digests are.
      let start = String(UInt64(number) &* 0x9e37_79b9_7f4a_7c15 | 1 << 63, radix: 16)
      return "app sha256:\(start)\(String(repeating: "0", count: 48)) id=\(number) created=2026-11-26\n"
    }
    try scratch.write(lines.joined(), to: "next")
    #expect(rename("\(scratch.path)/next", scratch.tokens) == 0)
    try service.waits(for: "1 application, \(count) tokens", seconds: 120)
    for reload in 2...3 {
      kill(service.running.pid, SIGHUP)
      try service.waits(for: "1 application, \(count) tokens", times: reload, seconds: 120)
    }
    // What a loop may still have read is freed at the next look, within a second.
    var after = 0
    #expect(
      try eventually(seconds: 60) {
        after = try facts.resident() - before
        return after <= 150 * count
      }, "\(after / count) bytes each")
  }

  @Test("is bounded for requests that never become whole, and given back when their peers are gone")
  func unfinishedRequests() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    #expect(try service.status(secret) == 200)
    let facts = ProcessFacts(pid: service.running.pid)
    let before = try facts.resident()
    // BEGIN_REQUEST and 120 KiB of PARAMS in one parameter, which is never completed.
    let begin: [UInt8] = [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    let content = 60 * 1024
    let header: [UInt8] = [1, 4, 0, 1, UInt8(content >> 8), UInt8(content & 0xff), 0, 0]
    let name: [UInt8] = [1, 0x80, 0x01, 0xf0, 0x00, UInt8(ascii: "X")]
    let half = begin + header + name + [UInt8](repeating: 0x61, count: content - name.count)
    let unfinished = half + header + [UInt8](repeating: 0x61, count: content - 1)
    var peers: [Client] = []
    for _ in 0..<600 {
      let peer = try Client(connectingTo: service.address)
      try? peer.send(unfinished)
      peers.append(peer)
    }
    #expect(try service.status(secret) == 200)
    // The daemon may still be reading.
    usleep(500_000)
    let taken = try facts.resident() - before
    #expect(taken < 48 << 20, "\(taken >> 10) KiB for \(peers.count) peers")
    peers = []
    var left = 0
    #expect(
      try eventually {
        left = try facts.resident() - before
        return left < 4 << 20
      }, "\(left >> 10) KiB are not given back")
    #expect(try service.status(secret) == 200)
    #expect(try service.end().code == 0)
  }
}
