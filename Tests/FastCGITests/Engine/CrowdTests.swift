import Glibc
import Testing

@testable import FastCGI

@Suite("Connections that wait, in all loops together")
struct CrowdTests {
  private static let options = EngineOptions(loops: 2, timeout: 10, maximumConnections: 4)
  private let crowd = Crowd(options)

  @Test("A loop is full at its share where there are too many in all, and not before")
  func full() {
    for _ in 0..<3 { crowd.enter() }
    #expect(!crowd.isFull(with: 3))
    crowd.enter()
    #expect(crowd.isFull(with: 4) && crowd.isFull(with: 2) && !crowd.isFull(with: 1))
    #expect(!crowd.isOverfull(with: 4))
    crowd.enter()
    #expect(crowd.isOverfull(with: 3) && !crowd.isOverfull(with: 2))
    crowd.leave()
    #expect(!crowd.isOverfull(with: 3))
  }

  @Test("A loop has enough where it would hold its part even without one, and never where it has one")
  func even() {
    #expect(!crowd.isUneven(with: 0))
    for _ in 0..<6 { crowd.enter() }
    #expect(crowd.isUneven(with: 4) && !crowd.isUneven(with: 3))
    for _ in 0..<5 { crowd.leave() }
    #expect(!crowd.isUneven(with: 1))
  }

  @Test("A loop that holds more than its share lets its oldest go where another takes what is its share")
  func shares() throws {
    let turn = try ListenerTurn(loops: 2)
    let loops = try (0..<2).map {
      try EventLoop(
        listeners: [], number: $0, turn: turn, options: CrowdTests.options, names: testNames,
        responder: EchoResponder(), crowd: crowd)
    }
    var outer: [Int32] = []
    defer { for descriptor in outer { close(descriptor) } }
    for loop in [loops[0], loops[0], loops[0], loops[0], loops[1], loops[1]] {
      let pair = try #require(Socket.pair())
      outer.append(pair.0)
      _ = try #require(loop.wait(for: pair.1, gate: Gate(names: testNames), in: loop.idle))
    }
    #expect(loops.map(\.idle.count) == [4, 2])
    for (loop, control) in zip(loops, turn.controls) {
      control.wake()
      loop.passRound()
    }
    #expect(loops.map(\.idle.count) == [2, 2])
    for loop in loops { while let connection = loop.idle.oldest { loop.drop(connection) } }
  }
}
