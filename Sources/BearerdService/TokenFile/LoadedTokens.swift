import BearerAuth

/// The tokens of a file or a folder, and what is to be said about them.
public struct LoadedTokens: Sendable {
  /// In the order of the files and of their lines. Not to be used unless `isUsable`.
  public let tokens: [Token]
  /// In the order of the files.
  public let issues: [TokenFileIssue]
  /// The files that were read; `Token.file` counts them.
  public let files: [String]

  /// How many applications they belong to.
  public let applications: Int

  /// Of the files as they were opened.
  let version: SourceVersion

  /// False if a file was written while it was read.
  let isWhole: Bool

  /// The files whose last line has no line end.
  let unterminated: [String]

  init(
    tokens: [Token], issues: [TokenFileIssue], files: [String], version: SourceVersion = SourceVersion(),
    isWhole: Bool = true, unterminated: [String] = []
  ) {
    self.tokens = tokens
    self.issues = issues
    self.files = files
    self.version = version
    self.isWhole = isWhole
    self.unterminated = unterminated
    applications = Set(tokens.lazy.map(\.application)).count
  }

  /// Whether no issue is an error.
  public var isUsable: Bool { issues.allSatisfy { $0.severity == .warning } }

  /// `3 applications, 5 tokens, next expiry 2027-01-01 (openai k7f3q2)`
  public func summary(at now: Instant) -> String {
    let expired = tokens.count { $0.isExpired(at: now) }
    let next = tokens.filter { !$0.isExpired(at: now) && $0.expires != .distantFuture }
      .min { $0.expires < $1.expires }
    var parts = [counted(applications, "application"), counted(tokens.count, "token")]
    if expired > 0 { parts.append("\(expired) expired") }
    if let next {
      let whose = [next.application, next.key].compactMap(\.self).joined(separator: " ")
      parts.append("next expiry \(next.expires.shortDescription) (\(whose))")
    }
    return parts.joined(separator: ", ")
  }

  private func counted(_ number: Int, _ word: String) -> String {
    "\(number) \(word)\(number == 1 ? "" : "s")"
  }
}
