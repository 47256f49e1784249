import BearerAuth

extension Metrics {
  /// The line that `systemctl status` shows: `5 tokens, 12,301 checks, last reload ok 14:02 UTC`.
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
