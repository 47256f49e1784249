import Testing

@testable import FastCGI

@Suite("The batch in which a loop accepts")
struct AcceptBatchTests {
  /// How many calls of accept4 fail, and how many events it takes, while `waiting` come at a time.
  private func fares(_ batch: inout AcceptBatch, waiting: Int, times: Int) -> (failures: Int, events: Int) {
    var failures = 0
    var events = 0
    for _ in 0..<times {
      var rest = waiting
      while rest > 0 {
        let found = min(rest, batch.count)
        if found < batch.count { failures += 1 }
        batch.note(found)
        rest -= found
        events += 1
      }
    }
    return (failures, events)
  }

  @Test("asks for one more than there are once in a thousand connections, where they come one by one")
  func quiet() {
    var batch = AcceptBatch()
    _ = fares(&batch, waiting: 1, times: 5000)
    let (failures, events) = fares(&batch, waiting: 1, times: 100_000)
    #expect((90...110).contains(failures))
    #expect(events == 100_000)
  }

  @Test("takes many in a row where there are many, soon after they come")
  func busy() {
    var batch = AcceptBatch()
    _ = fares(&batch, waiting: 1, times: 5000)
    _ = fares(&batch, waiting: 64, times: 40)
    let (_, events) = fares(&batch, waiting: 64, times: 1000)
    #expect(events == 1000)
  }

  @Test("learns from an event at which another loop was faster")
  func nothing() {
    var batch = AcceptBatch()
    for _ in 0..<100 { batch.note(0) }
    #expect(batch.count == 1)
  }
}
