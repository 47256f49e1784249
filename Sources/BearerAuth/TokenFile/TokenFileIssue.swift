/// Something in a token file that an administrator must know, with the place and the fix. Its text never repeats
/// a value from the file that could be a secret.
public struct TokenFileIssue: Error, Equatable, Sendable {
  /// Whether the file can be used all the same.
  public enum Severity: String, Sendable {
    /// Tell, and go on.
    case warning
    /// The file is not used.
    case error
  }

  /// The file as it was named to the parser.
  public var file: String
  /// From 1; 0 where the file as a whole is meant.
  public var line: Int
  /// In bytes, from 1; 0 where the line as a whole is meant.
  public var column: Int
  /// Whether it stops the load.
  public var severity: Severity
  /// What is wrong, and what to write instead.
  public var message: String

  /// An issue of the whole file where line and column are left out.
  public init(file: String, line: Int = 0, column: Int = 0, severity: Severity = .error, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.severity = severity
    self.message = message
  }
}

extension TokenFileIssue: CustomStringConvertible {
  /// `tokens:7:22: error: unknown option "scope" (did you mean "scopes"?)`
  public var description: String {
    // Anybody who may write to the directory names its files.
    let file = file.printable
    let place = line == 0 ? file : column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
    return "\(place): \(severity.rawValue): \(message.printable)"
  }
}
