import BearerAuth
import Glibc

/// Changes the tokens of a file or folder so that nothing is lost: not to another edit at the same time, not to
/// a crash, not to an administrator with an editor.
///
/// The new content is written beside the file, is on the disk before it takes the file's name, and keeps its owner, mode,
/// access control list and attributes. Whoever reads, reads the old content or the new.
package struct TokenFileEditor: Sendable {
  /// What `--tokens` said: a file, which may not exist yet, or a folder.
  package let path: String

  /// Nothing is looked at before `edit`.
  package init(path: String) {
    self.path = path
  }

  /// Lets `change` edit what is there now, and writes the result. It may be called again when the file changed
  /// underneath; what it throws leaves everything as it was.
  /// - Parameter confirm: called once, when all is on the disk and only the file's name is to change. What it throws
  ///   leaves everything as it was.
  /// - Returns: what `change` returned for what was written.
  package func edit<Result>(
    _ change: (inout TokenEdit) throws -> Result, confirm: () throws -> Void = {}
  ) throws -> Result {
    var isConfirmed = false
    do {
      return try Editing.run(at: path) {
        var edit = try TokenEdit(of: path)
        let result = try change(&edit)
        guard let replacements = try edit.prepare() else { return nil }
        if !isConfirmed { try confirm() }
        isConfirmed = true
        for replacement in replacements {
          guard try replacement.place() else { return nil }
        }
        return result
      }
    } catch let error as FileError {
      throw TokenSourceError.file(error)
    }
  }

  /// Lets `look` see what an edit would begin with. Holds no lock, and changes nothing.
  package func look<Result>(_ look: (TokenEdit) throws -> Result) throws -> Result {
    try look(TokenEdit(of: path))
  }
}

/// One edit of the tokens at a path, held in memory until it is written as a whole.
package struct TokenEdit {
  /// What is there now, without what this edit has changed.
  package let current: LoadedTokens

  private let path: String
  private let isDirectory: Bool
  /// By the path they are to be written to.
  private var texts: [String: TokenFileText] = [:]
  private let originals: [FileText]

  /// Throws where something is wrong with the tokens: an edit must not build on what nobody understands.
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

  /// Where a token stands, for messages.
  package func place(of token: Token) -> String {
    "\(current.files[token.file].printable):\(token.line)"
  }

  /// Adds a line for `token`: to the file, or in a folder to the file that holds the application's last token,
  /// or else to `APPLICATION.tokens`.
  /// - Parameter other: one of the current tokens, in whose file it is to stand: then one file changes, not two.
  package mutating func append(_ token: Token, beside other: Token? = nil) {
    let known = other ?? current.tokens.last { $0.application == token.application }
    let file =
      known.map { current.files[$0.file] }
      ?? (isDirectory ? "\(path)/\(token.application)\(TokenSource.suffix)" : path)
    change(file) { $0.append(token) }
  }

  /// Takes the lines of `tokens` out, which must be among the current ones.
  package mutating func remove(_ tokens: [Token]) {
    for (file, tokens) in Dictionary(grouping: tokens, by: \.file) {
      change(current.files[file]) { $0.remove(lines: Set(tokens.map(\.line))) }
    }
  }

  /// Makes the line of `token`, which must be among the current ones, expire at `instant`.
  package mutating func setExpires(_ instant: Instant, of token: Token) {
    change(current.files[token.file]) { $0.setExpires(instant, ofLine: token.line) }
  }

  private mutating func change(_ file: String, _ body: (inout TokenFileText) -> Void) {
    let original = originals.first { $0.path == file }?.bytes ?? Array(TokenFileText.header.utf8)
    body(&texts[file, default: TokenFileText(original)])
  }

  /// Every changed file, on the disk but not in its place; nil where somebody else changed one since it was read. Only
  /// `revoke --all` in a folder ever changes two.
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
