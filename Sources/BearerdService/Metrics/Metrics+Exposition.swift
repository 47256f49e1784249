import BearerAuth
import FastCGI

/// The metrics for Prometheus. Names and labels are stable: dashboards and alerts depend on them.
extension Metrics {
  /// The maximum number of files that are listed.
  private static let maximumFiles = 100

  func exposition() -> [UInt8] {
    var text = Exposition()
    writeProcess(to: &text)
    writeChecks(to: &text)
    writeTokens(to: &text)
    writeReloads(to: &text)
    writeConnections(to: &text)
    return text.bytes
  }

  private func writeProcess(to text: inout Exposition) {
    text.family("bearerd_build_info", .gauge, "Always 1; the labels say what is running.")
    text.sample(1, ["version": Release.version])
    text.family("process_start_time_seconds", .gauge, "When the daemon was started, in seconds since 1970.")
    text.sample(started.seconds)
    text.family("bearerd_loops", .gauge, "Event loops, each a thread.")
    text.sample(loops)
  }

  private func writeChecks(to text: inout Exposition) {
    text.family(
      "bearerd_checks_total", .counter,
      "Checks by result, the reason of a denial, and the application if known.")
    for (index, name) in store.applicationIndices.names.enumerated() {
      for outcome in CheckMeter.Outcome.all {
        let count = checks(of: index, to: outcome)
        // Results that need no known token start at 0, so Prometheus sees the first one as an increase.
        guard count > 0 || Metrics.isExpected(outcome, of: index, name) else { continue }
        text.sample(count, Metrics.labels(of: outcome, name))
      }
    }
    text.family(
      "bearerd_decision_duration_seconds", .histogram, "Time from the parsed request to the response.")
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

  private func writeTokens(to text: inout Exposition) {
    let snapshot = store.current
    let names = store.applicationIndices.names
    text.family("bearerd_tokens", .gauge, "Tokens in use by application, including expired ones.")
    var counts = Array(repeating: 0, count: names.count)
    for index in snapshot.applications { counts[Int(index)] += 1 }
    for (name, count) in zip(names, counts) where count > 0 { text.sample(count, ["application": name]) }
    if snapshot.applications.isEmpty { text.sample(0) }

    let keys = snapshot.shownKeys()
    text.family(
      "bearerd_token_expiry_timestamp_seconds", .gauge,
      "When a token expires, in seconds since 1970; +Inf: never.")
    for key in keys {
      let expires = key.token.expires
      text.sample(expires == .distantFuture ? "+Inf" : "\(expires.seconds)", Metrics.labels(of: key.token))
    }
    text.family(
      "bearerd_token_last_used_timestamp_seconds", .gauge,
      "When a token was last used, in seconds since 1970; tokens not used since the start are omitted."
    )
    for key in keys {
      guard let use = key.lastUse else { continue }
      text.sample(use.at.seconds, Metrics.labels(of: key.token))
    }
    text.family(
      "bearerd_keys_omitted", .gauge,
      "Keys without series of their own: of more than \(KeySelection.maximum), only those that expire next "
        + "and those used first have them.")
    text.sample(snapshot.policy.tokens.count - keys.count)
  }

  private func writeReloads(to text: inout Exposition) {
    let state = reloads.state
    text.family("bearerd_reloads_total", .counter, "Reloads of the tokens by result.")
    text.sample(state.succeeded, ["result": "ok"])
    text.sample(state.failed, ["result": "failed"])
    text.family(
      "bearerd_last_reload_successful", .gauge, "1 if the tokens in use are those on disk.")
    text.sample(state.failure == nil && state.outdated == nil ? 1 : 0)
    text.family(
      "bearerd_tokens_outdated_total", .counter,
      "Times that the tokens in use differed from those on disk for more than five seconds.")
    text.sample(state.outdatedTimes)
    text.family(
      "bearerd_last_reload_success_timestamp_seconds", .gauge,
      "When the tokens in use were read, in seconds since 1970.")
    text.sample(state.lastSuccess.seconds)
    text.family(
      "bearerd_token_file_modified_timestamp_seconds", .gauge,
      "Modification time of a token file when it was read, in seconds since 1970.")
    for file in state.files.prefix(Metrics.maximumFiles) {
      if let modified = file.modified { text.sample(modified.seconds, ["file": file.path]) }
    }
  }

  private func writeConnections(to text: inout Exposition) {
    text.family(
      "bearerd_connections", .gauge,
      "Open connections that wait for a request (reading), or were answered and are kept open (idle).")
    text.sample(connections(.reading), ["state": "reading"])
    text.sample(connections(.idle), ["state": "idle"])
    text.family("bearerd_connections_accepted_total", .counter, "Connections accepted.")
    text.sample(connections(.accepted))
    text.family(
      "bearerd_connections_rejected_total", .counter,
      "Connections closed without a response, by reason.")
    for rejection in Rejection.allCases { text.sample(rejections(rejection), ["reason": rejection.rawValue]) }
    text.sample(connections(.peerNotAllowed), ["reason": "peer-not-allowed"])
    text.family(
      "bearerd_connections_dropped_total", .counter,
      "Waiting connections closed by the timeout (timed-out) or to make room for others (evicted).")
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

  /// A token without `id=` is labelled with its line: no two series may have the same labels.
  private static func labels(of token: Token) -> KeyValuePairs<String, String> {
    let line = "line-\(token.line)" + (token.file == 0 ? "" : "-of-file-\(token.file + 1)")
    return ["application": token.application, "key": token.key ?? line]
  }

  private static func isExpected(_ outcome: CheckMeter.Outcome, of index: Int, _ name: String) -> Bool {
    switch outcome {
    case .allowed: index > Int(ApplicationIndices.others)
    case .denied(let denial): index == Int(ApplicationIndices.none) && denial.hasNoToken
    case .failed: index == Int(ApplicationIndices.none)
    }
  }

  /// Seconds with all decimals, without rounding.
  private static func seconds(_ nanoseconds: Int) -> String {
    let digits = String(nanoseconds % 1_000_000_000)
    let decimals = String(repeating: "0", count: 9 - digits.count) + digits
    let kept = decimals.reversed().drop { $0 == "0" }.reversed()
    return "\(nanoseconds / 1_000_000_000)" + (kept.isEmpty ? "" : ".\(String(kept))")
  }
}

extension Denial {
  /// Whether the denial concerns no known token.
  fileprivate var hasNoToken: Bool {
    switch self {
    case .noCredentials, .otherScheme, .malformed, .mistyped, .unknownToken: true
    case .disabled, .expired, .notYetValid, .wrongAddress, .insufficientScope: false
    }
  }
}

/// Prometheus' text format, version 0.0.4: families of samples, each family contiguous.
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

  /// One sample of the family. Labels without a value are omitted.
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
