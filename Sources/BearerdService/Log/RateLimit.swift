import BearerAuth

/// Lets a few lines a second through and counts the rest.
struct RateLimit {
  /// How many lines one second may have.
  static let linesPerSecond = 10

  private var second = Instant.distantPast
  private var count = 0

  /// How many were held back since `takeSuppressed` was last asked.
  private(set) var suppressed = 0

  /// Whether one more line may be written at `now`; it is counted as held back where not.
  mutating func admits(at now: Instant) -> Bool {
    if now != second {
      second = now
      count = 0
    }
    count += 1
    guard count > RateLimit.linesPerSecond else { return true }
    suppressed += 1
    return false
  }

  /// Reports a second that is over.
  mutating func takeSuppressed(at now: Instant) -> Int {
    guard suppressed > 0, now != second else { return 0 }
    defer { suppressed = 0 }
    return suppressed
  }
}
