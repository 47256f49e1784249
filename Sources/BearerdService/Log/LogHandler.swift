import BearerAuth
import FastCGI
import Glibc
import Logging
import Synchronization

/// Writes each entry as one line to standard error.
package struct StderrLogHandler: LogHandler {
  /// Entries below it are not written.
  package var logLevel: Logger.Level
  /// Unused: every entry brings its own fields.
  package var metadata: Logger.Metadata = [:]
  private let format: LogFormat

  /// - Parameter format: text becomes the journal's own form where systemd's journal reads standard error.
  package init(level: Logger.Level, format: LogFormat) {
    logLevel = level
    self.format = format == .text && StderrLogHandler.isJournal ? .journal : format
  }

  /// The field of that name.
  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line; a failure is nobody's business.
  package func log(event: LogEvent) {
    let fields = (event.metadata ?? [:]).map { (name: $0, value: $1.description) }.sorted {
      $0.name < $1.name
    }
    let now = Instant(seconds: SystemClock.unixSeconds())
    let lost = StderrLogHandler.sink.write(
      format.line(event.level, event.message.description, fields, at: now))
    guard lost > 0 else { return }
    let message = "log lines lost, since nobody read the log: \(lost)"
    _ = StderrLogHandler.sink.write(format.line(.warning, message, [], at: now))
  }

  private static let sink = LogSink(descriptor: STDERR_FILENO)

  /// Whether standard error is the stream that JOURNAL_STREAM names (systemd.exec(5)).
  private static var isJournal: Bool {
    guard let stream = getenv("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard fstat(STDERR_FILENO, &status) == 0 else { return false }
    return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
  }
}

/// How a log line looks.
package enum LogFormat: String, CaseIterable, Sendable {
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

/// Where log lines go, each with one write(2), so that lines of several threads never mix.
///
/// Nobody waits for a reader: the event loops log too, and a log that is read no more must not keep callers waiting.
/// What does not fit is lost, and counted.
final class LogSink: Sendable {
  private let descriptor: Int32
  private let lost = Mutex(0)

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes `line` and a line end where that can be done at once.
  /// - Returns: how many lines were lost before this one was written; 0 where this one is lost too.
  func write(_ line: String) -> Int {
    let bytes = Array((line + "\n").utf8)
    return lost.withLock { lost in
      guard isReady, bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) >= 0 else {
        lost += 1
        return 0
      }
      defer { lost = 0 }
      return lost
    }
  }

  /// A pipe says so while it has room for a page (pipe(7)), which is more than a line has.
  private var isReady: Bool {
    var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
    return poll(&descriptors, 1, 0) == 1 && descriptors[0].revents & Int16(POLLOUT) != 0
  }
}
