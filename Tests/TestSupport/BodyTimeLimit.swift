import Foundation
import Testing

/// Fails a test whose body takes longer.
///
/// `.timeLimit` also counts the wait for a thread. Bodies that block, as most here do, make others wait for minutes: it
/// fails a test that has not begun, or does not fire at all.
package struct BodyTimeLimit: TestTrait, TestScoping {
  private let limit: Duration

  fileprivate init(minutes: Int) {
    // Tests/sanitize sets these. A sanitizer makes a program about ten times slower.
    let names = ["TSAN_OPTIONS", "ASAN_OPTIONS"]
    let isSanitized = names.contains { ProcessInfo.processInfo.environment[$0] != nil }
    limit = .seconds(60 * minutes * (isSanitized ? 10 : 1))
  }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let start = ContinuousClock.now
    try await function()
    let took = ContinuousClock.now - start
    #expect(took < limit)
  }
}

extension Trait where Self == BodyTimeLimit {
  /// The body of each case takes less than so many minutes.
  package static func bodyTimeLimit(minutes: Int) -> Self { Self(minutes: minutes) }
}
