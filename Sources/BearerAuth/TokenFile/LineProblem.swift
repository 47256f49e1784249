/// What is wrong with a line, before anyone knows which line it is.
struct LineProblem: Error {
  /// In bytes, from 1; 0 where the whole line is meant.
  var column: Int
  var message: String
  var severity: TokenFileIssue.Severity

  /// - Parameter offset: where the byte stands in the line, from 0.
  init(at offset: Int, _ message: String, severity: TokenFileIssue.Severity = .error) {
    column = offset + 1
    self.message = message
    self.severity = severity
  }

  init(ofWholeLine message: String) {
    column = 0
    self.message = message
    severity = .error
  }
}
