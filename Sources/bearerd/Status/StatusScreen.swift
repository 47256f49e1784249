import BearerAuth
import BearerdService

/// A daemon's report for people: what is wrong first, then who calls, then who is turned away.
struct StatusScreen {
  private let report: StatusReport

  init(_ report: StatusReport) { self.report = report }

  var text: String {
    let parts = [summary, keys, applications, denials].filter { !$0.isEmpty }
    // Names and paths come from elsewhere: a terminal must not see their control characters.
    return parts.joined(separator: "\n\n").unicodeScalars
      .filter { $0 == "\n" || $0.properties.generalCategory != .control }.map(String.init).joined()
  }

  private var summary: String {
    let tokens = report.tokens
    var lines = [
      "bearerd \(report.version), process \(report.pid), on \(report.listen.joined(separator: ", "))",
      report.ready
        ? "ready for \(Duration.text(report.uptime))" : "NOT READY: \(report.problem ?? "")",
      "\(counted(tokens.tokens, "token")) of \(counted(tokens.applications, "application")), read "
        + "\(tokens.read) (\(ago(tokens.read)))",
    ]
    if let failure = tokens.failure {
      lines.append(
        "RELOADS FAIL since \(failure.since) (\(ago(failure.since))); the tokens from before stay in force:")
      lines += failure.message.split(separator: "\n").prefix(5).map { "  \($0)" }
    }
    for file in tokens.files.prefix(5) {
      lines.append("  \(file.path)" + (file.modified.map { ", written \($0)" } ?? ", gone"))
    }
    if tokens.files.count > 5 { lines.append("  and \(counted(tokens.files.count - 5, "file")) more") }
    let checks = report.checks
    lines.append(
      "\(counted(checks.allowed + checks.denied, "check")): \(checks.allowed.groupedDigits) allowed, "
        + "\(checks.denied.groupedDigits) denied; \(checks.failed.groupedDigits) failed")
    let connections = report.connections
    lines.append(
      "\(counted(connections.accepted, "connection")): \(connections.refused.groupedDigits) refused by the gate, "
        + "\(connections.foreign.groupedDigits) foreign, \(connections.late.groupedDigits) late, "
        + "\(connections.crowded.groupedDigits) crowded out; now \(connections.reading.groupedDigits) reading, "
        + "\(connections.idle.groupedDigits) idle")
    return lines.joined(separator: "\n")
  }

  private var keys: String {
    guard !report.keys.isEmpty else { return "" }
    var table = Table(header: ["APPLICATION", "KEY", "LAST USED", "FROM", "EXPIRES IN"])
    for key in report.keys {
      table.append([
        key.application, key.key ?? "-", key.lastUsed.map(ago) ?? "-", key.lastUsedFrom ?? "-", timeLeft(key),
      ])
    }
    guard report.keysOmitted > 0 else { return table.description }
    return table.description + "\nand \(counted(report.keysOmitted, "key")) more"
  }

  private var applications: String {
    guard !report.applications.isEmpty else { return "" }
    var table = Table(header: ["APPLICATION", "TOKENS", "ALLOWED", "DENIED"])
    for application in report.applications {
      table.append([
        application.application, application.tokens.groupedDigits, application.allowed.groupedDigits,
        application.denied.groupedDigits,
      ])
    }
    return table.description
  }

  private var denials: String {
    let seen = report.denials.filter { $0.total > 0 }.sorted { $0.hour > $1.hour }
    guard !seen.isEmpty else { return "" }
    var table = Table(header: ["DENIED", "LAST MINUTE", "LAST HOUR", "SINCE START"])
    for denial in seen {
      table.append([
        denial.reason, denial.minute.groupedDigits, denial.hour.groupedDigits, denial.total.groupedDigits,
      ])
    }
    return table.description
  }

  private func ago(_ instant: Instant) -> String {
    "\(Duration.text(max(0, report.now.seconds - instant.seconds))) ago"
  }

  private func timeLeft(_ key: StatusReport.Key) -> String {
    guard let expires = key.expires else { return "never" }
    return expires > report.now ? Duration.text(expires.seconds - report.now.seconds) : "expired"
  }

  private func counted(_ number: Int, _ word: String) -> String {
    "\(number.groupedDigits) \(word)\(number == 1 ? "" : "s")"
  }
}
