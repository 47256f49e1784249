import Synchronization

/// How much counters have grown in the last minute and hour. The control loop notes them once a second.
final class DenialHistory: Sendable {
  /// What the counters were at some times, a step apart, back to the beginning of a span.
  private struct Window {
    /// Both in milliseconds.
    let span: UInt64
    let step: UInt64
    private var samples: [(time: UInt64, counts: [Int])] = []

    init(span: UInt64, step: UInt64) {
      self.span = span
      self.step = step
    }

    mutating func note(_ counts: [Int], at now: UInt64) {
      if let last = samples.last, now < last.time + step { return }
      samples.append((now, counts))
      // One that is older than the span stays: from there on it is counted.
      while samples.count > 1, samples[1].time + span <= now { samples.removeFirst() }
    }

    /// How much each has grown since the beginning of the span; since the start, where that is later.
    func growth(to counts: [Int], at now: UInt64) -> [Int] {
      let start = samples.last { $0.time + span <= now } ?? samples.first
      guard let start else { return counts }
      return zip(counts, start.counts).map(-)
    }
  }

  private let windows = Mutex(
    (
      minute: Window(span: 60_000, step: 1000), hour: Window(span: 3_600_000, step: 60_000)
    ))

  /// Notes what the counters are now, in monotonic milliseconds.
  func note(_ counts: [Int], at now: UInt64) {
    windows.withLock { windows in
      windows.minute.note(counts, at: now)
      windows.hour.note(counts, at: now)
    }
  }

  /// How much each counter has grown.
  func growth(to counts: [Int], at now: UInt64) -> (minute: [Int], hour: [Int]) {
    windows.withLock { ($0.minute.growth(to: counts, at: now), $0.hour.growth(to: counts, at: now)) }
  }
}
