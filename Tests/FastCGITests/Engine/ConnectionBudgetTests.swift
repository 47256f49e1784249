import Glibc
import Testing

@testable import FastCGI

@Suite("The limit of connections that wait in all loops together")
struct ConnectionBudgetTests {
  private static let options = EngineOptions(loops: 2, timeout: 10, maximumConnections: 4)
  private let budget = ConnectionBudget(options)

  @Test("A loop is full at its share if there are too many in all, and not before")
  func full() {
    for _ in 0..<3 { budget.add() }
    #expect(!budget.isFull(with: 3))
    budget.add()
    #expect(budget.isFull(with: 4) && budget.isFull(with: 2) && !budget.isFull(with: 1))
    #expect(!budget.isOverShare(with: 4))
    budget.add()
    #expect(budget.isOverShare(with: 3) && !budget.isOverShare(with: 2))
    budget.remove()
    #expect(!budget.isOverShare(with: 3))
  }

  @Test("A loop that is longer than its share closes its oldest if another takes what is its share")
  func shares() throws {
    let loops = try (0..<2).map { _ in
      try EventLoop(
        listeners: [], control: LoopControl(), worker: BackgroundWorker(),
        options: ConnectionBudgetTests.options, names: testNames,
        responder: EchoResponder(), budget: budget)
    }
    var outer: [Int32] = []
    defer { for descriptor in outer { close(descriptor) } }
    for loop in [loops[0], loops[0], loops[0], loops[0], loops[1], loops[1]] {
      let pair = try #require(Socket.pair())
      outer.append(pair.0)
      _ = try #require(loop.wait(for: pair.1, in: loop.waiting.idle))
    }
    #expect(loops.map(\.waiting.idle.count) == [4, 2])
    for loop in loops {
      loop.control.wake()
      loop.passRound()
    }
    #expect(loops.map(\.waiting.idle.count) == [2, 2])
    for loop in loops { while let connection = loop.waiting.idle.oldest { loop.drop(connection) } }
  }
}
