import BearerAuth
import Glibc

/// Where the tokens are: a file, or a folder whose `*.tokens` files are read in the order of their names.
package struct TokenSource: Sendable {
  /// As the administrator wrote it.
  package let path: String

  /// The largest file that is read, in bytes: a million tokens have about a fifth of it.
  package static let maximumSize = 1 << 30

  /// The most files that a folder may hold: `Token.file` counts no further.
  package static let maximumFiles = Token.maximumFiles

  /// What the files of a folder end in.
  package static let suffix = ".tokens"

  /// What is done about tokens that another user than root and the effective user can change, as their owner or the
  /// owner of a directory or link on the way.
  package enum OwnerCheck: Sendable {
    /// They are refused: for the daemon.
    case refused
    /// They are warned of: an administrator need not be the daemon's user.
    case warned
    /// Nothing: a CGI program may run as the web server's user, by the tokens of the site's owner.
    case ignored
  }

  /// What it says of another owner.
  package let owners: OwnerCheck

  /// Nothing is looked at before `load`.
  package init(path: String, owners: OwnerCheck = .ignored) {
    self.path = path
    self.owners = owners
  }

  /// Whether another path leads to the same file or folder.
  package func isSame(as path: String) -> Bool {
    guard let ours = try? Directory.target(of: self.path), let theirs = try? Directory.target(of: path) else {
      return false
    }
    return ours == theirs
  }

  /// Reads everything, to the end, whatever is wrong with it. Links are followed.
  /// Throws where something could not be read at all; all else is an issue of what was read.
  package func load() throws(TokenSourceError) -> LoadedTokens {
    try read().tokens
  }

  /// The same with the text of the files, for editing.
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
    for (number, path) in files.enumerated() {
      let text = try FileText(reading: path, limit: TokenSource.maximumSize)
      texts.append(text)
      version.files[number].version = text.version
      guard Memory.hasRoom(for: TokenFile.memoryNeeded(parsing: text.bytes.span)) else {
        throw .system(operation: "read", path: path, code: ENOMEM)
      }
      let file = TokenFile(parsing: text.bytes, name: path, number: number)
      // One file is the rule, and then nothing is copied.
      if tokens.isEmpty { tokens = file.tokens } else { tokens += file.tokens }
      issues += modes.issues(of: text) + file.issues
    }
    if files.count > 1 { issues += TokenSource.duplicates(among: tokens, in: files) }
    if tokens.isEmpty, issues.allSatisfy({ $0.severity == .warning }) {
      let message =
        "no tokens here, so every door is shut; `bearerd token new APP --tokens \(path.printable)` makes one"
      issues.append(TokenFileIssue(file: path, severity: .warning, message: message))
    }
    let loaded = LoadedTokens(
      tokens: tokens, issues: issues, files: files, version: version, isWhole: texts.allSatisfy(\.isWhole),
      unterminated: texts.filter { !$0.isTerminated }.map(\.path))
    return (loaded, texts)
  }

  /// Duplicates inside one file are that file's own issues already.
  private static func duplicates(among tokens: [Token], in files: [String]) -> [TokenFileIssue] {
    Duplicate.all(in: tokens).filter { tokens[$0.earlier].file != tokens[$0.later].file }.map { duplicate in
      let later = tokens[duplicate.later]
      let message = duplicate.message { "line \($0.line) of \(files[$0.file].printable)" }
      return TokenFileIssue(file: files[later.file], line: later.line, message: message)
    }
  }
}

/// The tokens of a file or a folder, and what is to be said about them.
package struct LoadedTokens: Sendable {
  /// In the order of the files and of their lines. Not to be used unless `isUsable`.
  package let tokens: [Token]
  /// In the order of the files.
  package let issues: [TokenFileIssue]
  /// The files that were read; `Token.file` counts them.
  package let files: [String]

  /// How many applications they belong to.
  package let applications: Int

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
  package var isUsable: Bool { issues.allSatisfy { $0.severity == .warning } }

  /// `3 applications, 5 tokens, next expiry 2027-01-01 (openai k7f3q2)`
  package func summary(at now: Instant) -> String {
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

/// Why the tokens could not be read or changed.
package enum TokenSourceError: Error, Sendable {
  /// A file could not be read or changed.
  case file(FileError)
  /// The content must not be used; at least one issue is an error.
  case unusable([TokenFileIssue])

  /// The exit code of sysexits.h that fits: EX_CONFIG for bad content, else EX_IOERR.
  package var exitCode: Int32 {
    if case .unusable = self { EX_CONFIG } else { EX_IOERR }
  }

  /// Runs what reads or changes files.
  static func wrap<Result>(_ body: () throws(FileError) -> Result) throws(TokenSourceError) -> Result {
    do throws(FileError) { return try body() } catch { throw .file(error) }
  }
}

extension TokenSourceError: CustomStringConvertible {
  /// For the administrator, with the fix; one line, or a line an issue.
  package var description: String {
    switch self {
    case .unusable(let issues): issues.map(\.description).joined(separator: "\n")
    case .file(let error): error.description(mode: "0750", fix: TokenSourceError.fix)
    }
  }

  private static func fix(for code: Int32, path: String) -> String? {
    switch code {
    case ENOENT: "; create it with `bearerd token new APP --tokens \(path.printable)`"
    case EROFS: "; the file system is read-only: change the tokens where they come from"
    case EFBIG: "; a token file has at most \(TokenSource.maximumSize >> 20) MiB"
    case ENOMEM: "; it takes about five times its size in memory: raise the limit, or make the file smaller"
    default: nil
    }
  }
}
