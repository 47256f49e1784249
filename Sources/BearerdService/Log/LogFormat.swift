import BearerAuth
import Glibc
import Logging

/// How a log line looks.
public enum LogFormat: String, CaseIterable, Sendable {
  /// `2026-11-24T10:00:00Z notice: tokens reloaded applications=3 tokens=5`
  case text
  /// One JSON object a line.
  case json
  /// systemd's journal, which knows the time itself: `<5>tokens reloaded applications=3 tokens=5`
  case journal

  /// One line, without its end. Control characters of values never get out: nobody forges a line.
  func line(
    _ level: Logger.Level, _ message: String, _ fields: [(name: String, value: String)], at now: Instant
  )
    -> String
  {
    switch self {
    case .text: "\(now) \(level): \(LogFormat.text(message, fields))"
    case .journal: "<\(LogFormat.priority(level))>\(LogFormat.text(message, fields))"
    case .json: LogFormat.json(level, message, fields, at: now)
    }
  }

  private static func text(_ message: String, _ fields: [(name: String, value: String)]) -> String {
    fields.reduce(into: message.printable) { line, field in
      let isPlain =
        !field.value.isEmpty && field.value.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 }
      line += " \(field.name)=" + (isPlain ? field.value : JSON.string(field.value.printable).description)
    }
  }

  private static func json(
    _ level: Logger.Level, _ message: String, _ fields: [(name: String, value: String)], at now: Instant
  ) -> String {
    let known = [("time", now.description), ("level", level.rawValue), ("message", message)]
    let members = (known + fields).map { "\(JSON.string($0)): \(JSON.string($1.printable))" }
    return "{\(members.joined(separator: ", "))}"
  }

  /// syslog(3)'s numbers, as sd-daemon(3) reads them at a line's beginning.
  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
