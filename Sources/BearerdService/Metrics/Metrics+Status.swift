import BearerAuth
import FastCGI
import Glibc

/// What `bearerd status` asks for. The field names are a promise.
extension Metrics {
  /// - Parameter application: whose keys are told, all of them; nil: everybody's, where there are not too many.
  func status(of application: String?, at now: Instant) -> JSON {
    let snapshot = store.current
    let keys = application.map { snapshot.keys(of: $0, in: store.numbers) } ?? snapshot.shownKeys()
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

  /// What `bearerd token` asks for, to see whether the daemon has read a change: small, however many tokens there are.
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
      "refused": .number(Refusal.allCases.reduce(0) { $0 + refusals($1) }),
      "foreign": .number(connections(.foreign)), "late": .number(connections(.late)),
      "crowded": .number(connections(.crowded)),
    ])
  }

  private func applicationStatus(in snapshot: Snapshot) -> JSON {
    var tokens = Array(repeating: 0, count: ApplicationNumbers.count)
    for number in snapshot.applications { tokens[Int(number)] += 1 }
    let listed = store.numbers.names.enumerated().filter { tokens[$0.offset] > 0 }
    return .list(
      listed.map { number, name in
        let denied = Denial.allCases.reduce(0) { $0 + checks(of: number, to: .denied($1)) }
        return .object([
          "application": .string(name), "tokens": .number(tokens[number]),
          "allowed": .number(checks(of: number, to: .allowed)), "denied": .number(denied),
        ])
      })
  }

  private static func status(of token: Token, _ use: KeyUsage.Use?) -> JSON {
    .object([
      "application": .string(token.application), "key": token.key.map { .string($0) } ?? .null,
      "line": .number(token.line), "expires": instant(token.expires == .distantFuture ? nil : token.expires),
      "lastUsed": instant(use?.at), "lastUsedFrom": use?.from.map { .string($0.description) } ?? .null,
    ])
  }

  private static func instant(_ instant: Instant?) -> JSON {
    instant.map { .string($0.description) } ?? .null
  }
}

extension Snapshot {
  fileprivate func keys(of application: String, in numbers: ApplicationNumbers) -> [(
    token: Token, lastUse: KeyUsage.Use?
  )] {
    let number = numbers.number(of: application)
    return applications.indices.filter { applications[$0] == number }.compactMap { index in
      let token = policy.tokens[index]
      return token.application == application ? (token, usage.lastUse(of: index)) : nil
    }
  }
}
