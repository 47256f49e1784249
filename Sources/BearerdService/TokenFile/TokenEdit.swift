import BearerAuth
import Glibc

/// One edit of the tokens at a path, held in memory until it is written as a whole.
public struct TokenEdit {
  /// What is there now, without what this edit has changed.
  public let current: LoadedTokens

  private let path: String
  private let isFolder: Bool
  /// By the path they are to be written to.
  private var texts: [String: TokenFileText] = [:]
  private let originals: [FileText]

  /// Throws where something is wrong with the tokens: an edit must not build on what nobody understands.
  init(of path: String) throws(TokenSourceError) {
    self.path = path
    guard try Folder.target(of: path) != nil else {
      isFolder = false
      originals = []
      current = LoadedTokens(tokens: [], issues: [], files: [])
      return
    }
    isFolder = try Folder.status(of: path).st_mode & S_IFMT == S_IFDIR
    (current, originals) = try TokenSource(path: path).read()
    guard current.isUsable else { throw .unusable(current.issues) }
  }

  /// Where a token stands, for messages.
  public func place(of token: Token) -> String {
    "\(current.files[token.file].printable):\(token.line)"
  }

  /// Adds a line for `token`: to the file, or in a folder to the file that holds the application's last token,
  /// or else to `APPLICATION.tokens`.
  /// - Parameter other: one of the current tokens, in whose file it is to stand: then one file changes, not two.
  public mutating func append(_ token: Token, beside other: Token? = nil) {
    let known = other ?? current.tokens.last { $0.application == token.application }
    let file =
      known.map { current.files[$0.file] }
      ?? (isFolder ? "\(path)/\(token.application)\(TokenSource.suffix)" : path)
    change(file) { $0.append(token) }
  }

  /// Takes the lines of `tokens` out, which must be among the current ones.
  public mutating func remove(_ tokens: [Token]) {
    for (file, tokens) in Dictionary(grouping: tokens, by: \.file) {
      change(current.files[file]) { $0.remove(lines: Set(tokens.map(\.line))) }
    }
  }

  /// Makes the line of `token`, which must be among the current ones, expire at `instant`.
  public mutating func setExpires(_ instant: Instant, of token: Token) {
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
    var replacements: [Replacement] = []
    for (file, text) in texts.sorted(by: { $0.key < $1.key }) {
      let replacement = try Replacement(of: file, was: originals.first { $0.path == file })
      guard try replacement.prepare(text.bytes) else { return nil }
      replacements.append(replacement)
    }
    return replacements
  }
}
