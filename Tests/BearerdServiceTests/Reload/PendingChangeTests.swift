import Testing

@testable import BearerdService

@Suite("A change of the tokens")
struct PendingChangeTests {
  /// A version of its own for each number.
  private func sight(_ number: Int) -> PendingChange.Observation {
    .there(SourceVersion(files: [.init(path: "\(number)")]))
  }

  private func known() -> PendingChange {
    var change = PendingChange()
    change.noteSuccess(of: sight(0))
    return change
  }

  @Test("that is none is never read")
  func none() {
    var change = known()
    for time in 0..<10 {
      #expect(change.note(sight(0), by: .hasFinished, at: UInt64(time) * 1000) == .nothing)
    }
    #expect(change.deadline == nil && !change.isOutdated(at: 100_000))
  }

  @Test("that is finished is read at once")
  func finished() {
    var change = known()
    #expect(change.note(sight(1), by: .hasFinished, at: 5000) == .finished)
  }

  @Test("that only a look has found is read when it was the same for a second")
  func unknown() {
    var change = known()
    #expect(change.note(sight(1), by: .isUnknown, at: 5000) == .nothing)
    #expect(change.deadline == 6000)
    #expect(change.note(sight(2), by: .isUnknown, at: 6000) == .nothing)
    #expect(change.note(sight(2), by: .isUnknown, at: 7000) == .settled)
  }

  @Test(
    "whose writer has not finished is read two seconds after its last write, and four after it was first seen"
  )
  func unfinished() {
    var change = known()
    #expect(change.note(sight(1), by: .writes, at: 5000) == .nothing)
    #expect(change.note(sight(1), by: .writes, at: 6999) == .nothing)
    #expect(change.note(sight(1), by: .writes, at: 7000) == .settled)
    change = known()
    for step in 0..<39 {
      #expect(change.note(sight(step + 1), by: .writes, at: 5000 + UInt64(step) * 100) == .nothing)
    }
    #expect(change.note(sight(99), by: .writes, at: 9000) == .settled)
    // It was written while it was read, for good: not again at once.
    change.postpone(at: 9000)
    #expect(change.note(sight(100), by: .writes, at: 9100) == .nothing && change.deadline == 10_000)
    #expect(change.note(sight(101), by: .writes, at: 10_000) == .settled)
    #expect(change.isOutdated(at: 10_001))
  }

  @Test("that cannot be used is tried once, and again each time where the system was in the way")
  func failed() {
    for isSystemFailure in [false, true] {
      var change = known()
      #expect(change.note(sight(1), by: .hasFinished, at: 5000) == .finished)
      change.noteFailure(of: sight(1), isSystemFailure: isSystemFailure, at: 5000)
      #expect(change.note(sight(1), by: .isUnknown, at: 6000) == (isSystemFailure ? .again : .nothing))
      // And it makes the tokens outdated from the first difference on, whatever follows.
      #expect(!change.isOutdated(at: 10_000) && change.isOutdated(at: 10_001))
      change.noteFailure(of: sight(2), isSystemFailure: false, at: 9000)
      #expect(change.isOutdated(at: 10_001))
      change.noteSuccess(of: sight(3))
      #expect(!change.isOutdated(at: 20_000))
    }
  }
}
