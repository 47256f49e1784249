import BearerAuth
import FastCGI

/// What Prometheus is told. The names and labels are a promise: dashboards and alerts are made of them.
extension Metrics {
  /// The most files that are named.
  private static let maximumFiles = 100

  func exposition() -> [UInt8] {
    var text = Exposition()
    tellProcess(to: &text)
    tellChecks(to: &text)
    tellTokens(to: &text)
    tellReloads(to: &text)
    tellConnections(to: &text)
    return text.bytes
  }

  private func tellProcess(to text: inout Exposition) {
    text.family("bearerd_build_info", .gauge, "Always 1; the labels say what is running.")
    text.sample(1, ["version": Release.version])
    text.family("process_start_time_seconds", .gauge, "When the daemon was started, in seconds since 1970.")
    text.sample(started.seconds)
    text.family("bearerd_loops", .gauge, "Event loops, each a thread.")
    text.sample(loops)
  }

  private func tellChecks(to text: inout Exposition) {
    text.family(
      "bearerd_checks_total", .counter,
      "Checks by result, the reason of a denial, and the application where it is known.")
    for (number, name) in store.numbers.names.enumerated() {
      for outcome in CheckMeter.Outcome.all {
        let count = checks(of: number, to: outcome)
        // What may come to pass for a caller that nobody knows begins at 0, so that its first time is a rise.
        guard count > 0 || Metrics.isExpected(outcome, of: number, name) else { continue }
        text.sample(count, Metrics.labels(of: outcome, name))
      }
    }
    text.family("bearerd_decision_duration_seconds", .histogram, "From the parsed request to the answer.")
    let times = decisionTimes
    var sum = 0
    for (bound, count) in zip(DecisionTimes.bounds, times.counts) {
      sum += count
      text.sample(sum, ["le": Metrics.seconds(Int(bound))], suffix: "_bucket")
    }
    let total = times.counts.reduce(0, +)
    text.sample(total, ["le": "+Inf"], suffix: "_bucket")
    text.sample(Metrics.seconds(times.nanoseconds), suffix: "_sum")
    text.sample(total, suffix: "_count")
  }

  private func tellTokens(to text: inout Exposition) {
    let snapshot = store.current
    let names = store.numbers.names
    text.family("bearerd_tokens", .gauge, "Tokens in force by application, expired ones among them.")
    var counts = Array(repeating: 0, count: names.count)
    for number in snapshot.applications { counts[Int(number)] += 1 }
    for (name, count) in zip(names, counts) where count > 0 { text.sample(count, ["application": name]) }
    if snapshot.applications.isEmpty { text.sample(0) }

    let keys = snapshot.shownKeys()
    text.family(
      "bearerd_token_expiry_timestamp_seconds", .gauge,
      "When a token ends, in seconds since 1970; +Inf: never.")
    for key in keys {
      let expires = key.token.expires
      text.sample(expires == .distantFuture ? "+Inf" : "\(expires.seconds)", Metrics.labels(of: key.token))
    }
    text.family(
      "bearerd_token_last_used_timestamp_seconds", .gauge,
      "When a token last opened a door, in seconds since 1970; one that was not used since the start is not here."
    )
    for key in keys {
      guard let use = key.lastUse else { continue }
      text.sample(use.at.seconds, Metrics.labels(of: key.token))
    }
    text.family(
      "bearerd_keys_omitted", .gauge,
      "Keys without series of their own: past \(KeySelection.maximum), only those that expire next and those "
        + "that were used first have them.")
    text.sample(snapshot.policy.tokens.count - keys.count)
  }

  private func tellReloads(to text: inout Exposition) {
    let state = reloads.state
    text.family("bearerd_reloads_total", .counter, "Reloads of the tokens by result.")
    text.sample(state.succeeded, ["result": "ok"])
    text.sample(state.failed, ["result": "failed"])
    text.family(
      "bearerd_last_reload_successful", .gauge, "1 where the tokens in force are those that are there.")
    text.sample(state.failure == nil && state.outdated == nil ? 1 : 0)
    text.family(
      "bearerd_tokens_outdated_total", .counter,
      "Times that the tokens in force were not those on disk for more than five seconds.")
    text.sample(state.outdatedTimes)
    text.family(
      "bearerd_last_reload_success_timestamp_seconds", .gauge,
      "When the tokens in force were read, in seconds since 1970.")
    text.sample(state.lastSuccess.seconds)
    text.family(
      "bearerd_token_file_modified_timestamp_seconds", .gauge,
      "When a token file had last been written when it was read, in seconds since 1970.")
    for file in state.files.prefix(Metrics.maximumFiles) {
      if let modified = file.modified { text.sample(modified.seconds, ["file": file.path]) }
    }
  }

  private func tellConnections(to text: inout Exposition) {
    text.family("bearerd_connections", .gauge, "Connections that wait, by what they wait for.")
    text.sample(connections(.reading), ["state": "reading"])
    text.sample(connections(.idle), ["state": "idle"])
    text.family("bearerd_connections_accepted_total", .counter, "Connections accepted.")
    text.sample(connections(.accepted))
    text.family(
      "bearerd_connections_rejected_total", .counter,
      "Connections closed unanswered, by what was wrong with them.")
    for rejection in Rejection.allCases { text.sample(rejections(rejection), ["reason": rejection.rawValue]) }
    text.sample(connections(.peerNotAllowed), ["reason": "peer-not-allowed"])
    text.family(
      "bearerd_connections_dropped_total", .counter,
      "Connections closed while they waited: at their deadline (timed-out), or to make room (evicted).")
    text.sample(connections(.timedOut), ["reason": "timed-out"])
    text.sample(connections(.evicted), ["reason": "evicted"])
  }

  private static func labels(of outcome: CheckMeter.Outcome, _ application: String)
    -> KeyValuePairs<String, String>
  {
    switch outcome {
    case .allowed: ["result": "allowed", "application": application]
    case .denied(let denial):
      ["result": "denied", "reason": denial.rawValue, "application": application]
    case .failed: ["result": "failed"]
    }
  }

  /// A token without `id=` is known by its line: no two series may have the same labels.
  private static func labels(of token: Token) -> KeyValuePairs<String, String> {
    let line = "line-\(token.line)" + (token.file == 0 ? "" : "-of-file-\(token.file + 1)")
    return ["application": token.application, "key": token.key ?? line]
  }

  private static func isExpected(_ outcome: CheckMeter.Outcome, of number: Int, _ name: String) -> Bool {
    switch outcome {
    case .allowed: number > Int(ApplicationNumbers.others)
    case .denied(let denial): number == Int(ApplicationNumbers.none) && denial.isOfNobody
    case .failed: number == Int(ApplicationNumbers.none)
    }
  }

  /// Seconds with all their decimals, as a number that no rounding has touched.
  private static func seconds(_ nanoseconds: Int) -> String {
    let digits = String(nanoseconds % 1_000_000_000)
    let decimals = String(repeating: "0", count: 9 - digits.count) + digits
    let kept = decimals.reversed().drop { $0 == "0" }.reversed()
    return "\(nanoseconds / 1_000_000_000)" + (kept.isEmpty ? "" : ".\(String(kept))")
  }
}

extension Denial {
  /// Whether no token was found that it could be about.
  fileprivate var isOfNobody: Bool {
    switch self {
    case .noCredentials, .otherScheme, .malformed, .mistyped, .unknownToken: true
    case .expired, .notYetValid, .wrongAddress, .insufficientScope: false
    }
  }
}

/// Prometheus' text format, version 0.0.4: families of samples, each family in one piece.
struct Exposition {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  private(set) var bytes: [UInt8] = []
  private var name = ""

  /// Begins a family; its samples follow.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
  }

  /// One sample of the family. A label without a value says nothing, and is left out.
  /// - Parameter suffix: `_bucket`, `_sum` or `_count` of a histogram.
  mutating func sample(
    _ value: some CustomStringConvertible, _ labels: KeyValuePairs<String, String> = [:], suffix: String = ""
  ) {
    let pairs = labels.filter { !$0.value.isEmpty }.map { "\($0.key)=\"\(Exposition.escaped($0.value))\"" }
    append("\(name)\(suffix)\(pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") \(value)\n")
  }

  private static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return value }
    return value.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }

  private mutating func append(_ text: String) { bytes += text.utf8 }
}
