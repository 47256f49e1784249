import Foundation
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
}
