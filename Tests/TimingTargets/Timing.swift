import Glibc

@testable import BearerAuth

/// Whether the time of a decision tells anything of the tokens, after dudect (Reparaz, Balasch, Verbauwhede: "Dude, is
/// my code constant time?", 2017): two classes of input in random order, and Welch's t-test on their times. Tests/timing
/// builds and runs it.
@main
enum Timing {
  static let rounds = 1_000_000

  /// dudect's own: below it there is no evidence; a real leak goes far beyond.
  static let threshold = 4.5

  static func main() throws {
    let context = try DigestContext()
    // All of one length, well-formed, with the right checksum, and unknown: what a guesser sends.
    let header = { Array("Bearer ".utf8) + token() }
    let decision = { (policy: Policy) in
      test(fixed: header(), random: header) { header in
        let request = AccessRequest(credential: Credential(parsing: header.span, with: context))
        if case .allow = policy.decide(request, at: Instant(seconds: 0)) { return 1 }
        return 0
      }
    }
    let tokens = (0..<1000).compactMap { number in
      context.digest(of: token().span).map { Token(digest: $0, application: "app", key: "k\(number)") }
    }
    // A stored digest, and guesses that agree with it but for the last byte, or in no byte at all.
    let stored = random(count: 32)
    let near = Array(stored.dropLast()) + [stored[31] ^ 1]
    guard let known = Digest(raw: stored) else { throw CryptoUnavailable() }
    let comparison = { (compare: ([UInt8]) -> Int) in
      test(fixed: near, random: { stored.map { ~$0 } }, compare)
    }

    let control = comparison { guess in
      for index in guess.indices where guess[index] != stored[index] { return index }
      return 32
    }
    let isNoticed = report("differs", control, "a control, a comparison that stops at the first difference")
    guard isNoticed else { exit(1) }
    let isEqual = comparison { Digest(raw: $0) == known ? 1 : 0 }
    let isOpen = report("is the same", isEqual, "the comparison of a digest nearly right and one all wrong")
    let isRead = report("is the same", decision(.empty), "the decision on one token and on random ones")
    // Which slots of the index are taken are some bits of hashes. They open nothing, nor would whole hashes.
    report("may differ", decision(Policy(tokens)), "the same with 1000 tokens in the index")
    exit(isOpen && isRead ? 0 : 1)
  }

  @discardableResult
  private static func report(_ expected: String, _ found: Difference, _ name: String) -> Bool {
    let t = Double(Int(found.t * 100)) / 100
    print("|t| = \(t), \(Int(found.nanoseconds)) ns apart, \(expected): \(name)")
    fflush(nil)
    return expected == "may differ" || (found.t > threshold) == (expected == "differs")
  }

  /// Between two classes.
  private struct Difference {
    var t: Double
    /// Between the medians.
    var nanoseconds: Double
  }

  /// The least of three: a busy machine's noise comes and goes, a leak stays.
  private static func test(fixed: [UInt8], random: () -> [UInt8], _ body: ([UInt8]) -> Int) -> Difference {
    (0..<3).map { _ in measure(fixed: fixed, random: random, body) }.min { $0.t < $1.t }
      ?? Difference(t: 0, nanoseconds: 0)
  }

  /// The largest |t| of all cuts: the slowest measurements are the machine's, not the code's.
  private static func measure(fixed: [UInt8], random: () -> [UInt8], _ body: ([UInt8]) -> Int) -> Difference {
    var classes: [Bool] = []
    var inputs: [[UInt8]] = []
    for _ in 0..<(1 << 14) {
      classes.append(Bool.random())
      inputs.append(classes[classes.count - 1] ? fixed : random())
    }
    var times: [(isFixed: Bool, nanoseconds: Double)] = []
    times.reserveCapacity(rounds)
    var sum = 0
    // Copied into one place, so that only what is in it differs.
    var input = fixed
    for round in 0..<(rounds + 10_000) {
      let index = round & (inputs.count - 1)
      for position in input.indices { input[position] = inputs[index][position] }
      let start = now()
      sum &+= body(input)
      let end = now()
      // The first ones warm up.
      if round >= 10_000 { times.append((classes[index], Double(end - start))) }
    }
    blackHole = sum
    let sorted = times.map(\.nanoseconds).sorted()
    let t =
      [0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1].map { part in
        let limit = sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
        let kept = times.filter { $0.nanoseconds <= limit }
        // Where nearly all of a class are slower than nearly all of the other, this cut has nothing to compare.
        let fewest = min(kept.count { $0.isFixed }, kept.count { !$0.isFixed })
        return fewest < 1000 ? 0 : abs(welch(kept))
      }.max() ?? 0
    let medians = [true, false].map { isFixed in
      let values = times.filter { $0.isFixed == isFixed }.map(\.nanoseconds).sorted()
      return values[values.count / 2]
    }
    return Difference(t: t, nanoseconds: abs(medians[0] - medians[1]))
  }

  nonisolated(unsafe) private static var blackHole = 0

  /// Welch's t for the two classes' means.
  private static func welch(_ times: [(isFixed: Bool, nanoseconds: Double)]) -> Double {
    var parts: [(count: Double, mean: Double, variance: Double)] = []
    for isFixed in [true, false] {
      let values = times.filter { $0.isFixed == isFixed }.map(\.nanoseconds)
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      parts.append((Double(values.count), mean, squares / Double(values.count - 1)))
    }
    let spread = (parts[0].variance / parts[0].count + parts[1].variance / parts[1].count).squareRoot()
    return spread > 0 ? (parts[0].mean - parts[1].mean) / spread : 0
  }

  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private static func random(count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

  private static func token() -> [UInt8] { Secret.generate(randomBytes: random(count: 32)) }
}

extension Digest {
  /// These very 32 bytes.
  fileprivate init?(raw bytes: [UInt8]) {
    self.init { pointer in
      for index in 0..<32 { pointer[index] = bytes[index] }
      return true
    }
  }
}
