import BearerAuth
import FastCGI
import Glibc
import Logging
import Synchronization

/// Writes each entry as one line to standard error.
package struct StderrLogHandler: LogHandler {
  /// Entries below this level are not written.
  package var logLevel: Logger.Level
  /// Unused: every entry has its own fields.
  package var metadata: Logger.Metadata = [:]
  private let format: LogFormat

  /// - Parameter format: text becomes the journal's format if standard error is connected to systemd's journal.
  package init(level: Logger.Level, format: LogFormat) {
    logLevel = level
    self.format = format == .text && StderrLogHandler.isJournal ? .journal : format
  }

  /// The field with this name.
  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line; errors are ignored.
  package func log(event: LogEvent) {
    let fields = (event.metadata ?? [:]).map { (name: $0, value: $1.description) }.sorted {
      $0.name < $1.name
    }
    let now = Instant(seconds: SystemClock.unixSeconds())
    let lost = StderrLogHandler.sink.write(
      format.line(event.level, event.message.description, fields, at: now))
    guard lost > 0 else { return }
    let message = "log lines lost because standard error was not read: \(lost)"
    _ = StderrLogHandler.sink.write(format.line(.warning, message, [], at: now))
  }

  private static let sink = LogSink(descriptor: STDERR_FILENO)

  /// Whether standard error is the stream named by JOURNAL_STREAM (systemd.exec(5)).
  private static var isJournal: Bool {
    guard let stream = getenv("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard fstat(STDERR_FILENO, &status) == 0 else { return false }
    return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
  }
}

/// The format of a log line.
package enum LogFormat: String, CaseIterable, Sendable {
  /// `2026-11-24T10:00:00Z notice: tokens reloaded applications=3 tokens=5`
  case text
  /// One JSON object a line.
  case json
  /// systemd's journal, which adds the time itself: `<5>tokens reloaded applications=3 tokens=5`
  case journal

  /// One line, without its end. Control characters in values are escaped, so a value cannot forge a line.
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

  /// The priorities of syslog(3), which sd-daemon(3) reads at the beginning of a line.
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

/// Writes log lines, each with one write(2), so that lines of several threads never mix.
///
/// It never blocks: the event loops log too, and a log that is not read must not delay checks. Lines that do
/// not fit are lost and counted.
final class LogSink: Sendable {
  private let descriptor: Int32
  private let lost = Mutex(0)

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes `line` and a line end if that does not block.
  /// - Returns: how many lines were lost before this one was written; 0 if this one is lost too.
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

  /// A pipe is writable if it has room for a page (pipe(7)), which is more than a line has.
  private var isReady: Bool {
    var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
    return poll(&descriptors, 1, 0) == 1 && descriptors[0].revents & Int16(POLLOUT) != 0
  }
}
