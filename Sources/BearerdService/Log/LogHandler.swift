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

  static func text(_ message: String, _ fields: [(name: String, value: String)]) -> String {
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

/// An entry in the system's log for each change of the tokens: which command changed which keys, and who ran it.
///
/// Best effort: it never waits, and a failure is ignored. A user who may write the file can change it without an entry.
package struct AuditLog: Sendable {
  /// The socket of the journal or of a syslog daemon.
  package static let standardPath = "/dev/log"

  private let path: String
  private let command: String

  /// - Parameter command: `token revoke`
  package init(command: String, path: String = AuditLog.standardPath) {
    self.command = command
    self.path = path
  }

  /// Sends the entry, to the facility authpriv with the severity notice (RFC 3164).
  /// - Parameter tokens: the path of the tokens.
  func record(_ changes: TokenChanges, of tokens: String) {
    guard let sender = DatagramSender(path: path, waits: false) else { return }
    sender.send("<85>\(AuditLog.time()) bearerd[\(getpid())]: \(text(of: changes, tokens))")
  }

  private func text(of changes: TokenChanges, _ tokens: String) -> String {
    var fields = [(name: "command", value: command)] + changes.fields(limit: 50)
    fields.append(("tokens", LogText.value(tokens.utf8.span)))
    fields.append(("uid", String(getuid())))
    if let name = AuditLog.userName(of: getuid()) { fields.append(("user", name)) }
    // Set by sudo(8), but everyone can set a variable.
    if let claim = getenv("SUDO_USER") {
      fields.append(("claimed-sudo-user", LogText.value(String(cString: claim).utf8.span)))
    }
    return LogFormat.text("tokens changed", fields)
  }

  /// From /etc/passwd only: getpwuid(3) may wait for a server.
  private static func userName(of user: uid_t) -> String? {
    guard let file = try? OpenFile(opening: "/etc/passwd", O_RDONLY).readToEnd(limit: 1 << 20) else {
      return nil
    }
    for line in String(decoding: file, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 2, fields[2] == String(user) { return LogText.value(String(fields[0]).utf8.span) }
    }
    return nil
  }

  /// `Nov 28 06:02:03`, in local time, as syslog(3) has it.
  private static func time() -> String {
    var now = time_t(SystemClock.unixSeconds())
    var local = tm()
    localtime_r(&now, &local)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%b %e %H:%M:%S", &local)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
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
