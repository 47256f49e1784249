import BearerAuth
import Glibc

/// Changes the tokens of a file or directory without losing anything to a concurrent edit, to a crash, or to an
/// administrator with an editor.
///
/// The new content is written to a temporary file and synchronized before it replaces the file; owner, mode,
/// access control list and attributes are kept. A reader sees the old content or the new, never a mixture.
package struct TokenFileEditor: Sendable {
  /// The value of `--tokens`: a file, which may not exist yet, or a directory.
  package let path: String
  private let audit: AuditLog?

  /// Does not access the file before `edit`.
  /// - Parameter audit: gets an entry for every edit that took effect, even if it could not be synchronized.
  package init(path: String, audit: AuditLog? = nil) {
    self.path = path
    self.audit = audit
  }

  /// Calls `change` with the current tokens and writes the result. `change` is called again if the file changed
  /// meanwhile; if it throws, nothing is changed.
  /// - Parameter confirm: called once, when the new content is on disk and not yet in place. If it throws,
  /// nothing is changed.
  /// - Returns: what `change` returned for the content that was written.
  package func edit<Result>(
    _ change: (inout TokenEdit) throws -> Result, confirm: () throws -> Void = {}
  ) throws -> Result {
    var isConfirmed = false
    do {
      return try Editing.run(at: path) { () throws -> Result? in
        var edit = try TokenEdit(of: path)
        let result = try change(&edit)
        guard let replacements = try edit.prepare() else { return nil }
        if !isConfirmed { try confirm() }
        isConfirmed = true
        var hasEffect = false
        defer { if hasEffect { audit?.record(edit.changes, of: path) } }
        for replacement in replacements {
          do {
            guard try replacement.place() else { return nil }
            hasEffect = true
          } catch {
            if case FileError.notOnDisk = error { hasEffect = true }
            throw error
          }
        }
        return result
      }
    } catch let error as FileError {
      throw TokenSourceError.file(error)
    }
  }

  /// Calls `body` with the current tokens. Takes no lock and changes nothing.
  package func inspect<Result>(_ body: (TokenEdit) throws -> Result) throws -> Result {
    try body(TokenEdit(of: path))
  }
}

/// One edit of the tokens, kept in memory until it is written as a whole.
package struct TokenEdit {
  /// The current tokens, without the changes of this edit.
  package let current: LoadedTokens

  /// The changes of this edit.
  private(set) var changes = TokenChanges()

  private let path: String
  private let isDirectory: Bool
  /// By the path of the file.
  private var texts: [String: TokenFileText] = [:]
  private let originals: [FileText]

  /// Throws if the tokens have an error: an edit must start from a valid file.
  init(of path: String) throws(TokenSourceError) {
    self.path = path
    let target = try TokenSourceError.wrap { () throws(FileError) in try Directory.target(of: path) }
    guard target != nil else {
      isDirectory = false
      originals = []
      current = LoadedTokens(tokens: [], issues: [], files: [])
      return
    }
    let status = try TokenSourceError.wrap { () throws(FileError) in try Directory.status(of: path) }
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
    (current, originals) = try TokenSource(path: path).read()
    guard current.isUsable else { throw .unusable(current.issues) }
  }

  /// The file and line of a token, for messages.
  package func place(of token: Token) -> String {
    "\(current.files[token.file].printable):\(token.line)"
  }

  /// Adds a line for `token`: to the file, or in a directory to the file with the application's last token, or
  /// else to `APPLICATION.tokens`.
  /// - Parameter other: one of the current tokens, whose file is used: then only one file changes.
  package mutating func append(_ token: Token, beside other: Token? = nil) {
    let known = other ?? current.tokens.last { $0.application == token.application }
    let file =
      known.map { current.files[$0.file] }
      ?? (isDirectory ? "\(path)/\(token.application)\(TokenSource.suffix)" : path)
    change(file) { $0.append(token) }
    changes.note(.added, token)
  }

  /// Removes the lines of `tokens`, which must be among the current ones.
  package mutating func remove(_ tokens: [Token]) {
    for token in tokens { changes.note(.removed, token) }
    for (file, tokens) in Dictionary(grouping: tokens, by: \.file) {
      change(current.files[file]) { $0.remove(lines: Set(tokens.map(\.line))) }
    }
  }

  /// Makes `token`, which must be among the current ones, expire at `instant`.
  package mutating func setExpires(_ instant: Instant, of token: Token) {
    change(current.files[token.file]) { $0.setExpires(instant, ofLine: token.line) }
    changes.note(.changed, token)
  }

  /// Disables or enables `tokens`, which must be among the current ones.
  package mutating func setDisabled(_ isDisabled: Bool, of tokens: [Token]) {
    for token in tokens where token.isDisabled != isDisabled {
      change(current.files[token.file]) { $0.setDisabled(isDisabled, ofLine: token.line) }
      changes.note(isDisabled ? .disabled : .enabled, token)
    }
  }

  private mutating func change(_ file: String, _ body: (inout TokenFileText) -> Void) {
    let original = originals.first { $0.path == file }?.bytes ?? Array(TokenFileText.header.utf8)
    body(&texts[file, default: TokenFileText(original)])
  }

  /// All changed files, on disk but not yet in place; nil if one changed since it was read. Only `revoke --all`
  /// in a directory changes more than one.
  func prepare() throws(TokenSourceError) -> [Replacement]? {
    for (file, text) in texts {
      let parsed = TokenFile(parsing: text.bytes, name: file)
      guard parsed.isUsable else { throw .unusable(parsed.issues) }
    }
    return try TokenSourceError.wrap(replacements)
  }

  private func replacements() throws(FileError) -> [Replacement]? {
    var replacements: [Replacement] = []
    for (file, text) in texts.sorted(by: { $0.key < $1.key }) {
      let replacement = try Replacement(of: file, was: originals.first { $0.path == file })
      guard try replacement.prepare(text.bytes) else { return nil }
      replacements.append(replacement)
    }
    return replacements
  }
}
