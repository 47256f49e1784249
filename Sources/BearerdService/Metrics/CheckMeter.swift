import BearerAuth
import FastCGI
import Synchronization

/// What the checks of one loop have come to. Its loop writes, any thread reads; a check costs a few plain stores.
final class CheckMeter: Sendable {
  /// What a check may come to: the columns of a row.
  enum Outcome: Equatable {
    case allowed
    case denied(Denial)
    /// 500: something that is ours, or the web server's configuration's, to mend.
    case failed

    static let all: [Outcome] = [.allowed] + Denial.allCases.map { .denied($0) } + [.failed]
  }

  // Its own, and no statics: loops that shared them would fight over their reference counts.
  private let denials = Denial.allCases
  private let columns: Int

  /// A row for each application's number.
  private let checks: PerThreadCounters
  private let rejections = PerThreadCounters(count: Rejection.allCases.count)
  private let times = PerThreadCounters(count: DecisionTimes.bounds.count + 2)

  init() {
    columns = Outcome.all.count
    checks = PerThreadCounters(count: ApplicationNumbers.count * columns)
  }

  // MARK: The loop's own

  /// A check was decided.
  func count(
    _ decision: Decision, of request: AccessRequest, in snapshot: Snapshot, at now: Instant
  ) {
    switch decision {
    case .allow(let number):
      count(nil, of: snapshot.applications[number])
      snapshot.usage.note(number, from: request.address, at: now)
    case .deny(let denial, let number):
      count(denial, of: number.map { snapshot.applications[$0] } ?? ApplicationNumbers.none)
    }
  }

  /// A preflight passed, for no application.
  func countPreflight() { count(nil, of: ApplicationNumbers.none) }

  /// A request was answered 500.
  func countFailure() { checks.add(at: columns - 1) }

  /// The gate closed a connection.
  func count(_ rejection: Rejection) {
    if let index = CheckMeter.rejections.firstIndex(of: rejection) { rejections.add(at: index) }
  }

  /// A check that began at `start`, in monotonic nanoseconds, is decided and answered.
  func time(from start: UInt64) {
    let nanoseconds = SystemClock.monotonicNanoseconds() &- start
    times.add(at: DecisionTimes.index(of: nanoseconds))
    times.add(nanoseconds, at: DecisionTimes.bounds.count + 1)
  }

  private func count(_ denial: Denial?, of application: UInt16) {
    let column = denial.flatMap { denials.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
    checks.add(at: Int(application) * columns + column)
  }

  private static let rejections = Rejection.allCases

  // MARK: Everybody's

  /// How many checks of an application came to `outcome`.
  func checks(of application: Int, to outcome: Outcome) -> Int {
    guard let column = Outcome.all.firstIndex(of: outcome) else { return 0 }
    return Int(clamping: checks[application * columns + column])
  }

  func rejections(_ rejection: Rejection) -> Int {
    CheckMeter.rejections.firstIndex(of: rejection).map { Int(clamping: rejections[$0]) } ?? 0
  }

  var decisionTimes: DecisionTimes {
    DecisionTimes(
      counts: (0...DecisionTimes.bounds.count).map { Int(clamping: times[$0]) },
      nanoseconds: Int(clamping: times[DecisionTimes.bounds.count + 1]))
  }
}

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

/// A number for each application, for the life of the process: a check counts in a row of fixed length, and an
/// application that comes back goes on counting where it was.
///
/// So that nobody's token file makes the rows endless, only the first thousand have a number of their own.
final class ApplicationNumbers: Sendable {
  /// Where there is no application: a caller that nobody knows.
  static let none: UInt16 = 0
  /// All applications beyond the first thousand.
  static let others: UInt16 = 1
  /// How many numbers there are.
  static let count = 2 + 1000

  private struct State {
    /// No application can be called `_other`: names begin with a letter or digit.
    var names = ["", "_other"]
    var numbers: [String: UInt16] = [:]

    mutating func number(of name: String) -> UInt16 {
      if let known = numbers[name] { return known }
      guard names.count < ApplicationNumbers.count else { return ApplicationNumbers.others }
      let number = UInt16(names.count)
      names.append(name)
      numbers[name] = number
      return number
    }
  }

  private let state = Mutex(State())

  /// The names, by number.
  var names: [String] { state.withLock(\.names) }

  /// The number of each token's application, with those that are new numbered in the order in which they come.
  func numbers(of tokens: [Token]) -> [UInt16] {
    state.withLock { state in
      var last = (name: "", number: ApplicationNumbers.none)
      return tokens.map { token in
        // Neighbours are most often alike.
        if token.application != last.name { last = (token.application, state.number(of: token.application)) }
        return last.number
      }
    }
  }

  /// The number of an application that has tokens.
  func number(of application: String) -> UInt16 {
    state.withLock { $0.numbers[application] ?? ApplicationNumbers.others }
  }
}
