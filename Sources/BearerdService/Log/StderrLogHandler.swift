import BearerAuth
import FastCGI
import Glibc
import Logging

/// Writes each entry as one line to standard error.
public struct StderrLogHandler: LogHandler {
  /// Entries below it are not written.
  public var logLevel: Logger.Level
  /// Unused: every entry brings its own fields.
  public var metadata: Logger.Metadata = [:]
  private let format: LogFormat

  /// - Parameter format: text becomes the journal's own form where systemd's journal reads standard error.
  public init(level: Logger.Level, format: LogFormat) {
    logLevel = level
    self.format = format == .text && StderrLogHandler.isJournal ? .journal : format
  }

  /// The field of that name.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line; a failure is nobody's business.
  public func log(event: LogEvent) {
    let fields = (event.metadata ?? [:]).map { (name: $0, value: $1.description) }.sorted {
      $0.name < $1.name
    }
    let now = Instant(seconds: Clock.unixSeconds())
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
