import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("A daemon that runs short")
struct ScarcityTests {
  private let scratch: Scratch
  private let secret: String
  private let service: Service
  private let facts: ProcessFacts

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    facts = ProcessFacts(pid: service.running.pid)
  }

  private var good: RequestMessage {
    RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))])
  }

  /// The number that the next descriptor would have.
  private func firstFree() throws -> Int {
    let taken = try facts.descriptors()
    return (0...taken.count).first { taken[Int32($0)] == nil } ?? taken.count
  }

  @Test("of descriptors neither ends nor spins, and answers who waited as soon as there are some again")
  func descriptors() throws {
    let before = try facts.descriptors()
    try facts.limit("nofile", to: try firstFree())
    let waiting = try (0..<5).map { _ in try Client(connectingTo: service.address) }
    for client in waiting { try client.send(good.bytes) }
    usleep(200_000)
    // It looks again ten times a second.
    #expect(try facts.ticksInOneSecond() <= 3)
    #expect(try facts.descriptors() == before)
    try facts.limit("nofile", to: 1024)
    for client in waiting { #expect(try client.readResponse().status == 200) }
    #expect(try service.end().code == 0)
  }

  @Test("of descriptors closes who has waited longest, so that a good caller gets in")
  func descriptorsHeld() throws {
    try facts.limit("nofile", to: try firstFree() + 9)
    // More than there are descriptors for: each new one takes an old one's.
    let silent = try (0..<30).map { _ in try Client(connectingTo: service.address) }
    for client in silent { try? client.send([1]) }
    for _ in 0..<20 { #expect(try service.status(secret) == 200) }
    #expect(try facts.ticksInOneSecond() <= 3)
    withExtendedLifetime(silent) {}
  }

  @Test("of descriptors leaves a caller the time to ask, whichever loop it came to")
  func descriptorsFresh() throws {
    try facts.limit("nofile", to: try firstFree() + 9)
    var silent = try (0..<12).map { _ in try Client(connectingTo: service.address) }
    for _ in 0..<20 {
      let client = try Client(connectingTo: service.address)
      // They come after it, and want its descriptor.
      silent += try (0..<4).map { _ in try Client(connectingTo: service.address) }
      usleep(30_000)
      #expect(try client.response(to: good).status == 200)
    }
    withExtendedLifetime(silent) {}
  }

  @Test(
    "of memory for a huge token file says so and keeps the tokens it has",
    arguments: ["a gigabyte of nothing", "many tokens"])
  func memory(what: String) throws {
    let huge = "\(scratch.path)/huge"
    try scratch.write("", to: "huge")
    if what == "many tokens" {
      let line = "app \(hash("1")) from=192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4,192.0.2.5,192.0.2.6\n"
      try scratch.write(String(repeating: line, count: 400_000), to: "huge")
    } else {
      #expect(truncate(huge, 1 << 30) == 0)
    }
    try facts.limit("as", to: try facts.addressSpace() + (200 << 20))
    #expect(rename(huge, scratch.tokens) == 0)
    try service.waits(for: "Cannot allocate memory")
    try service.waits(for: "keeping the previous tokens")
    #expect(try service.status(secret) == 200)
    #expect(try service.end().code == 0)
  }

  @Test("of memory does not start, with an error that says so")
  func memoryAtStart() throws {
    #expect(truncate(scratch.tokens, 1 << 30) == 0)
    for command in ["check", "serve"] {
      let listen = command == "serve" ? ["--listen", "unix:\(scratch.path)/second"] : []
      let outcome = try Bearerd.start(
        ["prlimit", "--as=\(1 << 30)", Bearerd.path, command, "--tokens", scratch.tokens] + listen
      ).wait()
      #expect(outcome.code == 74)
      #expect(outcome.errors.contains("Cannot allocate memory; reading it needs about five times"))
    }
  }
}
