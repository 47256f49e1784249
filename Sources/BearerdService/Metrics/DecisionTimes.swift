/// How long decisions took, sorted by length.
struct DecisionTimes: Equatable {
  /// How many took at most as long as each bound, and not as long as the one before; those above all bounds last.
  private(set) var counts: [Int]
  /// All of them together.
  private(set) var nanoseconds: Int

  /// In nanoseconds. A decision takes a few microseconds; the rest is there to see when it does not.
  static let bounds: [UInt64] = [
    1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 10_000_000, 100_000_000,
  ]

  /// None yet.
  static let none = DecisionTimes(counts: Array(repeating: 0, count: bounds.count + 1), nanoseconds: 0)

  static func index(of nanoseconds: UInt64) -> Int {
    var index = 0
    while index < bounds.count, nanoseconds > bounds[index] { index += 1 }
    return index
  }

  static func + (left: DecisionTimes, right: DecisionTimes) -> DecisionTimes {
    DecisionTimes(
      counts: zip(left.counts, right.counts).map(+), nanoseconds: left.nanoseconds + right.nanoseconds)
  }

  init(counts: [Int], nanoseconds: Int) {
    self.counts = counts
    self.nanoseconds = nanoseconds
  }
}
