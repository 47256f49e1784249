import BearerAuth
import FastCGI
import Glibc
import Synchronization

/// The report for `bearerd status`. The field names are stable.
extension Metrics {
  /// - Parameter application: all keys of this application; nil: the keys of all, if there are not too many.
  func status(of application: String?, at now: Instant) -> JSON {
    let snapshot = store.current
    let keys = application.map { snapshot.keys(of: $0, in: store.applicationIndices) } ?? snapshot.shownKeys()
    let problem = problem
    return .object([
      "version": .string(Release.version), "pid": .number(Int(getpid())),
      "ready": .boolean(problem == nil), "problem": problem.map { .string($0) } ?? .null,
      "now": .string(now.description), "started": .string(started.description), "uptime": .number(uptime),
      "listen": .list(addresses.map { .string($0) }), "loops": .number(loops),
      "tokens": tokenStatus, "checks": checkStatus, "denials": denialStatus,
      "connections": connectionStatus, "applications": applicationStatus(in: snapshot),
      "keys": .list(keys.map { Metrics.status(of: $0.token, $0.lastUse) }),
      "keysOmitted": .number(application == nil ? snapshot.policy.tokens.count - keys.count : 0),
    ])
  }

  /// The state of the last load, for `bearerd token`, which checks whether the daemon has read a change. Small,
  /// with any number of tokens.
  var reading: JSON {
    let state = reloads.state
    return .object([
      "path": .string(reloads.path), "read": state.read.map { .string($0) } ?? .null,
      "tried": state.tried.map { .string($0) } ?? .null,
      "failure": state.failure.map { .string($0.message) } ?? .null,
    ])
  }

  private var tokenStatus: JSON {
    let state = reloads.state
    return .object([
      "path": .string(reloads.path), "tokens": .number(state.tokens),
      "applications": .number(state.applications), "read": .string(state.lastSuccess.description),
      "reloads": .number(state.succeeded), "failedReloads": .number(state.failed),
      "outdated": .number(state.outdatedTimes),
      "failure": state.failure.map {
        .object(["since": .string($0.at.description), "message": .string($0.message)])
      } ?? .null,
      "files": .list(
        state.files.map {
          .object(["path": .string($0.path), "modified": Metrics.instant($0.modified)])
        }),
    ])
  }

  private var checkStatus: JSON {
    .object([
      "allowed": .number(checks(to: .allowed)), "denied": .number(denials.reduce(0, +)),
      "failed": .number(checks(to: .failed)),
    ])
  }

  private var denialStatus: JSON {
    let (minute, hour) = recentDenials
    let totals = denials
    return .list(
      Denial.allCases.indices.map { index in
        .object([
          "reason": .string(Denial.allCases[index].rawValue), "minute": .number(minute[index]),
          "hour": .number(hour[index]), "total": .number(totals[index]),
        ])
      })
  }

  private var connectionStatus: JSON {
    .object([
      "reading": .number(connections(.reading)), "idle": .number(connections(.idle)),
      "accepted": .number(connections(.accepted)),
      "rejected": .number(Rejection.allCases.reduce(0) { $0 + rejections($1) }),
      "peerNotAllowed": .number(connections(.peerNotAllowed)), "timedOut": .number(connections(.timedOut)),
      "evicted": .number(connections(.evicted)),
    ])
  }

  private func applicationStatus(in snapshot: Snapshot) -> JSON {
    var tokens = Array(repeating: 0, count: ApplicationIndices.count)
    for index in snapshot.applications { tokens[Int(index)] += 1 }
    let listed = store.applicationIndices.names.enumerated().filter { tokens[$0.offset] > 0 }
    return .list(
      listed.map { index, name in
        let denied = Denial.allCases.reduce(0) { $0 + checks(of: index, to: .denied($1)) }
        return .object([
          "application": .string(name), "tokens": .number(tokens[index]),
          "allowed": .number(checks(of: index, to: .allowed)), "denied": .number(denied),
        ])
      })
  }

  private static func status(of token: Token, _ use: KeyUsage.Use?) -> JSON {
    .object([
      "application": .string(token.application), "key": token.key.map { .string($0) } ?? .null,
      "line": .number(token.line), "expires": instant(token.expires == .distantFuture ? nil : token.expires),
      "lastUsed": instant(use?.at), "lastUsedFrom": use?.from.map { .string($0.description) } ?? .null,
      "disabled": .boolean(token.isDisabled), "note": token.note.map { .string($0.description) } ?? .null,
    ])
  }

  private static func instant(_ instant: Instant?) -> JSON {
    instant.map { .string($0.description) } ?? .null
  }
}

extension Snapshot {
  fileprivate func keys(of application: String, in indices: ApplicationIndices) -> [(
    token: Token, lastUse: KeyUsage.Use?
  )] {
    let applicationIndex = indices.index(of: application)
    return applications.indices.filter { applications[$0] == applicationIndex }.compactMap { index in
      let token = policy.tokens[index]
      return token.application == application ? (token, usage.lastUse(of: index)) : nil
    }
  }
}

extension Metrics {
  /// The status line of `systemctl status`: `5 tokens, 12,301 checks, last reload ok 14:02 UTC`.
  var statusLine: String {
    let state = reloads.state
    let tokens = "\(state.tokens.groupedDigits) token\(state.tokens == 1 ? "" : "s")"
    let checks = decided
    let reload =
      if let failure = state.failure {
        "last reload failed \(failure.at.clockTime)"
      } else {
        state.succeeded == 0
          ? "read \(state.lastSuccess.clockTime)" : "last reload ok \(state.lastSuccess.clockTime)"
      }
    return "\(tokens), \(checks.groupedDigits) check\(checks == 1 ? "" : "s"), \(reload)"
  }
}

extension Instant {
  /// `14:02 UTC`
  fileprivate var clockTime: String { "\(description.dropFirst(11).prefix(5)) UTC" }
}

/// The growth of counters in the last minute and hour. The control loop records them once a second.
final class DenialHistory: Sendable {
  /// The counters at intervals of `step`, back to the beginning of the span.
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
      // One sample older than the span is kept: the growth is computed from it.
      while samples.count > 1, samples[1].time + span <= now { samples.removeFirst() }
    }

    /// The growth of each counter since the beginning of the span, or since the start if that is later.
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

  /// Records the counters, at a time in monotonic milliseconds.
  func note(_ counts: [Int], at now: UInt64) {
    windows.withLock { windows in
      windows.minute.note(counts, at: now)
      windows.hour.note(counts, at: now)
    }
  }

  /// The growth of each counter.
  func growth(to counts: [Int], at now: UInt64) -> (minute: [Int], hour: [Int]) {
    windows.withLock { ($0.minute.growth(to: counts, at: now), $0.hour.growth(to: counts, at: now)) }
  }
}
