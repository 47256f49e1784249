import BearerAuth
import FastCGI
import Synchronization

/// Counts the checks of one loop. Its loop writes, any thread reads; a check costs a few plain stores.
final class CheckMeter: Sendable {
  /// The result of a check: a column of a row.
  enum Outcome: Equatable {
    case allowed
    case denied(Denial)
    /// 500: an error of bearerd or of the web server's configuration.
    case failed

    static let all: [Outcome] = [.allowed] + Denial.allCases.map { .denied($0) } + [.failed]
  }

  // Stored here and not static: loops that share an array contend for its reference count.
  private let denials = Denial.allCases
  private let columns: Int

  /// A row for each application's index.
  private let checks: PerThreadCounters
  private let rejections = PerThreadCounters(count: Rejection.allCases.count)
  private let times = PerThreadCounters(count: DecisionTimes.bounds.count + 2)

  init() {
    columns = Outcome.all.count
    checks = PerThreadCounters(count: ApplicationIndices.count * columns)
  }

  // MARK: Called by the loop

  /// A check was decided.
  func count(
    _ decision: Decision, of request: AccessRequest, in snapshot: Snapshot, at now: Instant
  ) {
    switch decision {
    case .allow(let index):
      count(nil, of: snapshot.applications[index])
      snapshot.usage.note(index, from: request.address, at: now)
    case .deny(let denial, let index):
      count(denial, of: index.map { snapshot.applications[$0] } ?? ApplicationIndices.none)
    }
  }

  /// A preflight was allowed, without an application.
  func countPreflight() { count(nil, of: ApplicationIndices.none) }

  /// A request was answered with 500.
  func countFailure() { checks.add(at: columns - 1) }

  /// The gate rejected a request.
  func count(_ rejection: Rejection) {
    if let index = CheckMeter.rejections.firstIndex(of: rejection) { rejections.add(at: index) }
  }

  /// A check that began at `start`, in monotonic nanoseconds, was answered.
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

  // MARK: Called by any thread

  /// The number of checks with this outcome.
  /// - Parameter applications: the indices of the applications.
  func checks(of applications: Range<Int>, to outcome: Outcome) -> Int {
    guard let column = Outcome.all.firstIndex(of: outcome) else { return 0 }
    return applications.reduce(0) { $0 + Int(clamping: checks[$1 * columns + column]) }
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

/// A histogram of the time that decisions took.
struct DecisionTimes: Equatable {
  /// For each bound the number of decisions that took at most as long, and longer than the bound before; last,
  /// those above all bounds.
  private(set) var counts: [Int]
  /// The sum of all times.
  private(set) var nanoseconds: Int

  /// In nanoseconds. A decision takes a few microseconds; the larger bounds show when it does not.
  static let bounds: [UInt64] = [
    1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 10_000_000, 100_000_000,
  ]

  /// No decisions.
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

/// An index for each application, for the life of the process: a check counts in a row of fixed length, and an
/// application that is removed and added again keeps its counts.
///
/// Only the first thousand applications get an index of their own; this limits the memory, whatever the token
/// file contains.
final class ApplicationIndices: Sendable {
  /// No application: the token is unknown or missing.
  static let none: UInt16 = 0
  /// All applications beyond the first thousand.
  static let others: UInt16 = 1
  /// The number of indices.
  static let count = 2 + 1000

  private struct State {
    /// No application can have the name `_other`: names begin with a letter or digit.
    var names = ["", "_other"]
    var indices: [String: UInt16] = [:]

    mutating func index(of name: String) -> UInt16 {
      if let known = indices[name] { return known }
      guard names.count < ApplicationIndices.count else { return ApplicationIndices.others }
      let index = UInt16(names.count)
      names.append(name)
      indices[name] = index
      return index
    }
  }

  private let state = Mutex(State())

  /// The names, by index.
  var names: [String] { state.withLock(\.names) }

  /// The index of each token's application. New applications get the next indices, in the order of the tokens.
  func indices(of tokens: [Token]) -> [UInt16] {
    state.withLock { state in
      var last = (name: "", index: ApplicationIndices.none)
      // Reading an element of an array copies all of it, reading one of a span does not.
      let all = tokens.span
      return tokens.indices.map { index in
        // Neighbouring tokens are often of one application.
        if all[index].application != last.name {
          last = (all[index].application, state.index(of: all[index].application))
        }
        return last.index
      }
    }
  }

  /// The index of an application that has tokens.
  func index(of application: String) -> UInt16 {
    state.withLock { $0.indices[application] ?? ApplicationIndices.others }
  }
}
