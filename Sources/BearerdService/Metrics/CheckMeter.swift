import BearerAuth
import FastCGI

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
  private let checks: Cells
  private let refusals = Cells(count: Refusal.allCases.count)
  private let times = Cells(count: DecisionTimes.bounds.count + 2)

  init() {
    columns = Outcome.all.count
    checks = Cells(count: ApplicationNumbers.count * columns)
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
  func count(_ refusal: Refusal) {
    if let index = CheckMeter.refusals.firstIndex(of: refusal) { refusals.add(at: index) }
  }

  /// A check that began at `start`, in monotonic nanoseconds, is decided and answered.
  func time(from start: UInt64) {
    let nanoseconds = Clock.monotonicNanoseconds() &- start
    times.add(at: DecisionTimes.index(of: nanoseconds))
    times.add(nanoseconds, at: DecisionTimes.bounds.count + 1)
  }

  private func count(_ denial: Denial?, of application: UInt16) {
    let column = denial.flatMap { denials.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
    checks.add(at: Int(application) * columns + column)
  }

  private static let refusals = Refusal.allCases

  // MARK: Everybody's

  /// How many checks of an application came to `outcome`.
  func checks(of application: Int, to outcome: Outcome) -> Int {
    guard let column = Outcome.all.firstIndex(of: outcome) else { return 0 }
    return Int(clamping: checks[application * columns + column])
  }

  func refusals(_ refusal: Refusal) -> Int {
    CheckMeter.refusals.firstIndex(of: refusal).map { Int(clamping: refusals[$0]) } ?? 0
  }

  var decisionTimes: DecisionTimes {
    DecisionTimes(
      counts: (0...DecisionTimes.bounds.count).map { Int(clamping: times[$0]) },
      nanoseconds: Int(clamping: times[DecisionTimes.bounds.count + 1]))
  }
}
