import BearerAuth

/// The daemon's report as text: problems first, then keys and applications, then denials.
struct StatusScreen {
  private let report: StatusReport
  /// The daemon does not send more keys; another program that answers must not flood the terminal.
  private static let maximumRows = 1000
  private static let maximumWidth = 1000

  init(_ report: StatusReport) { self.report = report }

  var text: String {
    [summary, keys, applications, denials].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// Names and paths come from outside; each stays on one line.
  private static func shown(_ text: String) -> String { text.shortened(to: maximumWidth).printable }

  /// Limits the width of a column; the table escapes the text.
  private static func cell(_ text: String) -> String { text.shortened(to: 100) }

  private var summary: String {
    let tokens = report.tokens
    var lines = [
      "bearerd \(report.version), process \(report.pid), on \(report.listen.prefix(10).joined(separator: ", "))",
      report.ready
        ? "ready for \(DurationText.text(Int64(report.uptime)))" : "NOT READY: \(report.problem ?? "")",
      "\(counted(tokens.tokens, "token")) of \(counted(tokens.applications, "application")), read "
        + "\(tokens.read) (\(ago(tokens.read)))",
    ]
    if let failure = tokens.failure {
      lines.append(
        "RELOAD FAILED since \(failure.since) (\(ago(failure.since))); keeping the previous tokens:")
      lines += failure.message.split(separator: "\n", maxSplits: 5).prefix(5).map { "  \($0)" }
    }
    for file in tokens.files.prefix(5) {
      lines.append("  \(file.path)" + (file.modified.map { ", written \($0)" } ?? ", deleted"))
    }
    if tokens.files.count > 5 { lines.append("  and \(counted(tokens.files.count - 5, "file")) more") }
    let checks = report.checks
    lines.append(
      "\(counted(checks.allowed + checks.denied, "check")): \(checks.allowed.groupedDigits) allowed, "
        + "\(checks.denied.groupedDigits) denied; \(checks.failed.groupedDigits) failed")
    let connections = report.connections
    lines.append(
      "\(counted(connections.accepted, "connection")): \(connections.rejected.groupedDigits) rejected by the gate, "
        + "\(connections.peerNotAllowed.groupedDigits) from peers not allowed, \(connections.timedOut.groupedDigits) timed out, "
        + "\(connections.evicted.groupedDigits) evicted; now \(connections.reading.groupedDigits) reading, "
        + "\(connections.idle.groupedDigits) idle")
    return lines.map(StatusScreen.shown).joined(separator: "\n")
  }

  private var keys: String {
    guard !report.keys.isEmpty else { return "" }
    let shown = report.keys.prefix(StatusScreen.maximumRows)
    let hasNotes = shown.contains { $0.note != nil }
    var table = Table(
      header: ["APPLICATION", "KEY", "LAST USED", "FROM", "EXPIRES IN"] + (hasNotes ? ["NOTE"] : []))
    for key in shown {
      let row = [
        StatusScreen.cell(key.application), StatusScreen.cell(key.key ?? "-"), key.lastUsed.map(ago) ?? "-",
        StatusScreen.cell(key.lastUsedFrom ?? "-"), timeLeft(key),
      ]
      table.append(row + (hasNotes ? [StatusScreen.cell(key.note ?? "-")] : []))
    }
    let omitted = report.keysOmitted + max(0, report.keys.count - StatusScreen.maximumRows)
    guard omitted > 0 else { return table.description }
    return table.description + "\nand \(counted(omitted, "key")) more"
  }

  private var applications: String {
    guard !report.applications.isEmpty else { return "" }
    var table = Table(header: ["APPLICATION", "TOKENS", "ALLOWED", "DENIED"])
    for application in report.applications.prefix(StatusScreen.maximumRows) {
      table.append([
        StatusScreen.cell(application.application), application.tokens.groupedDigits,
        application.allowed.groupedDigits,
        application.denied.groupedDigits,
      ])
    }
    let omitted = report.applications.count - StatusScreen.maximumRows
    return omitted > 0
      ? table.description + "\nand \(counted(omitted, "application")) more" : table.description
  }

  private var denials: String {
    let seen = report.denials.filter { $0.total > 0 }.sorted { $0.hour > $1.hour }
    guard !seen.isEmpty else { return "" }
    var table = Table(header: ["DENIED", "LAST MINUTE", "LAST HOUR", "SINCE START"])
    for denial in seen.prefix(StatusScreen.maximumRows) {
      table.append([
        StatusScreen.cell(denial.reason), denial.minute.groupedDigits, denial.hour.groupedDigits,
        denial.total.groupedDigits,
      ])
    }
    return table.description
  }

  private func ago(_ instant: Instant) -> String {
    "\(DurationText.text(max(0, report.now.seconds - instant.seconds))) ago"
  }

  private func timeLeft(_ key: StatusReport.Key) -> String {
    if key.disabled == true { return "disabled" }
    guard let expires = key.expires else { return "never" }
    return expires > report.now ? DurationText.text(expires.seconds - report.now.seconds) : "expired"
  }

  private func counted(_ count: Int, _ word: String) -> String {
    "\(count.groupedDigits) \(word)\(count == 1 ? "" : "s")"
  }
}
