import BearerAuth
import Glibc

/// Where the tokens are: a file, or a folder whose `*.tokens` files are read in the order of their names.
public struct TokenSource: Sendable {
  /// As the administrator wrote it.
  public let path: String

  /// The largest file that is read, in bytes: a million tokens have about a fifth of it.
  public static let maximumSize = 1 << 30

  /// The most files that a folder may hold: `Token.file` counts no further.
  public static let maximumFiles = Token.maximumFiles

  /// What the files of a folder end in.
  public static let suffix = ".tokens"

  /// What is done about tokens that another user than root and the effective user can change, as their owner or the
  /// owner of a directory or link on the way.
  public enum OwnerCheck: Sendable {
    /// They are refused: for the daemon.
    case refused
    /// They are warned of: an administrator need not be the daemon's user.
    case warned
    /// Nothing: a CGI program may run as the web server's user, by the tokens of the site's owner.
    case ignored
  }

  /// What it says of another owner.
  public let owners: OwnerCheck

  /// Nothing is looked at before `load`.
  public init(path: String, owners: OwnerCheck = .ignored) {
    self.path = path
    self.owners = owners
  }

  /// Whether another path leads to the same file or folder.
  public func isSame(as path: String) -> Bool {
    guard let ours = try? Folder.target(of: self.path), let theirs = try? Folder.target(of: path) else {
      return false
    }
    return ours == theirs
  }

  /// Reads everything, to the end, whatever is wrong with it. Links are followed.
  /// Throws where something could not be read at all; all else is an issue of what was read.
  public func load() throws(TokenSourceError) -> LoadedTokens {
    try read().tokens
  }

  /// The same with the text of the files, for editing.
  func read() throws(TokenSourceError) -> (tokens: LoadedTokens, texts: [FileText]) {
    return try read(layout())
  }

  private func read(_ layout: SourceVersion) throws(TokenSourceError)
    -> (tokens: LoadedTokens, texts: [FileText])
  {
    let modes = ModeCheck(severity: owners == .refused ? .error : owners == .warned ? .warning : nil)
    var version = layout
    let files = layout.files.map(\.path)
    var tokens: [Token] = []
    var issues = try modes.issues(of: version.owners, source: version.isDirectory ? path : nil)
    var texts: [FileText] = []
    for (number, path) in files.enumerated() {
      let text = try FileText(reading: path)
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
