import BearerAuth
import Glibc

/// The path of the tokens: a file, or a directory whose `*.tokens` files are read in the order of their names.
package struct TokenSource: Sendable {
  /// The path as given by the administrator.
  package let path: String

  /// The largest file that is read, in bytes: a million tokens have about a fifth of it.
  package static let maximumSize = 1 << 30

  /// The maximum number of files in a directory, limited by `Token.file`.
  package static let maximumFiles = Token.maximumFiles

  /// The suffix of the files in a directory.
  package static let suffix = ".tokens"

  /// What to do if a user other than root and the effective user can change the tokens, as the owner of a file,
  /// directory or link on the path.
  package enum OwnerCheck: Sendable {
    /// An error: for the daemon.
    case refused
    /// A warning: an administrator need not be the daemon's user.
    case warned
    /// Ignored: a CGI program may run as the web server's user, with tokens owned by the site's owner.
    case ignored
  }

  package let owners: OwnerCheck

  /// Does not access the files before `load`.
  package init(path: String, owners: OwnerCheck = .ignored) {
    self.path = path
    self.owners = owners
  }

  /// Whether another path leads to the same file or directory.
  package func isSame(as path: String) -> Bool {
    guard let ours = try? Directory.target(of: self.path), let theirs = try? Directory.target(of: path) else {
      return false
    }
    return ours == theirs
  }

  /// Reads all files to their end, whatever errors they contain. Links are followed.
  /// Throws if a file cannot be read at all; everything else is an issue.
  package func load() throws(TokenSourceError) -> LoadedTokens {
    try read().tokens
  }

  /// Likewise, with the text of the files, for editing.
  func read() throws(TokenSourceError) -> (tokens: LoadedTokens, texts: [FileText]) {
    let layout = try layout()
    return try TokenSourceError.wrap { () throws(FileError) in try read(layout) }
  }

  private func read(_ layout: SourceVersion) throws(FileError) -> (tokens: LoadedTokens, texts: [FileText]) {
    let modes = ModeCheck(severity: owners == .refused ? .error : owners == .warned ? .warning : nil)
    var version = layout
    let files = layout.files.map(\.path)
    var tokens: [Token] = []
    var issues = try modes.issues(of: version.owners, source: version.isDirectory ? path : nil)
    var texts: [FileText] = []
    for (index, path) in files.enumerated() {
      let text = try FileText(reading: path, limit: TokenSource.maximumSize)
      texts.append(text)
      version.files[index].version = text.version
      guard Memory.hasRoom(for: TokenFile.memoryNeeded(parsing: text.bytes.span)) else {
        throw .system(operation: "read", path: path, code: ENOMEM)
      }
      let file = TokenFile(parsing: text.bytes, name: path, number: index)
      // Usually there is one file; then nothing is copied.
      if tokens.isEmpty { tokens = file.tokens } else { tokens += file.tokens }
      issues += modes.issues(of: text) + file.issues
    }
    if files.count > 1 { issues += TokenSource.duplicates(among: tokens, in: files) }
    if tokens.isEmpty, issues.allSatisfy({ $0.severity == .warning }) {
      let message =
        "no tokens: every request will be denied; create one with "
        + "`bearerd token new APP --tokens \(path.printable)`"
      issues.append(TokenFileIssue(file: path, severity: .warning, message: message))
    }
    let loaded = LoadedTokens(
      tokens: tokens, issues: issues, files: files, version: version, isWhole: texts.allSatisfy(\.isWhole),
      unterminated: texts.filter { !$0.isTerminated }.map(\.path))
    return (loaded, texts)
  }

  /// Duplicates inside one file are reported by the file itself.
  private static func duplicates(among tokens: [Token], in files: [String]) -> [TokenFileIssue] {
    Duplicate.all(in: tokens).filter { tokens[$0.earlier].file != tokens[$0.later].file }.map { duplicate in
      let later = tokens[duplicate.later]
      let message = duplicate.message { "line \($0.line) of \(files[$0.file].printable)" }
      return TokenFileIssue(file: files[later.file], line: later.line, message: message)
    }
  }
}

/// The tokens of a file or a directory, and the issues.
package struct LoadedTokens: Sendable {
  /// In the order of the files and of their lines. Must not be used unless `isUsable`.
  package let tokens: [Token]
  /// In the order of the files.
  package let issues: [TokenFileIssue]
  /// The files that were read; `Token.file` is an index into them.
  package let files: [String]

  /// The number of applications that have tokens.
  package let applications: Int

  /// The state of the files when they were opened.
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
    applications = LoadedTokens.applications(of: tokens.span)
  }

  /// Whether no issue is an error.
  package var isUsable: Bool { issues.allSatisfy { $0.severity == .warning } }

  /// `3 applications, 5 tokens, next expiry 2027-01-01 (openai k7f3q2)`
  package func summary(at now: Instant) -> String {
    var (expired, disabled) = (0, 0)
    var next: Token?
    let all = tokens.span
    for index in all.indices {
      let isExpired = all[index].isExpired(at: now)
      if isExpired { expired += 1 }
      if all[index].isDisabled { disabled += 1 }
      guard !isExpired, !all[index].isDisabled, all[index].expires < next?.expires ?? .distantFuture else {
        continue
      }
      next = all[index]
    }
    var parts = [counted(applications, "application"), counted(tokens.count, "token")]
    if expired > 0 { parts.append("\(expired) expired") }
    if disabled > 0 { parts.append("\(disabled) disabled") }
    if let next {
      let whose = [next.application, next.key].compactMap(\.self).joined(separator: " ")
      parts.append("next expiry \(next.expires.shortDescription) (\(whose))")
    }
    return parts.joined(separator: ", ")
  }

  // A span, here and in the summary, since reading an element of an array copies all of it.
  private static func applications(of tokens: Span<Token>) -> Int {
    var names: Set<String> = []
    for index in tokens.indices { names.insert(tokens[index].application) }
    return names.count
  }

  private func counted(_ count: Int, _ word: String) -> String {
    "\(count) \(word)\(count == 1 ? "" : "s")"
  }
}

/// Why the tokens could not be read or changed.
package enum TokenSourceError: Error, Sendable {
  /// A file could not be read or changed.
  case file(FileError)
  /// The content must not be used; at least one issue is an error.
  case unusable([TokenFileIssue])

  /// The exit code of sysexits.h: EX_CONFIG for invalid content, else EX_IOERR.
  package var exitCode: Int32 {
    if case .unusable = self { EX_CONFIG } else { EX_IOERR }
  }

  /// Runs `body` and wraps its error.
  static func wrap<Result>(_ body: () throws(FileError) -> Result) throws(TokenSourceError) -> Result {
    do throws(FileError) { return try body() } catch { throw .file(error) }
  }
}

extension TokenSourceError: CustomStringConvertible {
  /// A message for the administrator, with the fix; one line, or a line per issue.
  package var description: String {
    switch self {
    case .unusable(let issues): issues.map(\.description).joined(separator: "\n")
    case .file(let error): error.description(mode: "0750", fix: TokenSourceError.fix)
    }
  }

  private static func fix(for code: Int32, path: String) -> String? {
    switch code {
    case ENOENT: "; create it with `bearerd token new APP --tokens \(path.printable)`"
    case EROFS: "; the file system is read-only: change the tokens at their source"
    case EFBIG: "; the limit is \(TokenSource.maximumSize >> 20) MiB"
    case ENOMEM:
      "; reading it needs about five times its size in memory; raise the memory limit or split the file"
    default: nil
    }
  }
}
