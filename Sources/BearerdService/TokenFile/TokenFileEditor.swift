import BearerAuth

/// Changes the tokens of a file or folder so that nothing is lost: not to another edit at the same time, not to
/// a crash, not to an administrator with an editor.
///
/// The new content is written beside the file, is on the disk before it takes the file's name, and keeps its owner, mode,
/// access control list and attributes. Whoever reads, reads the old content or the new.
public struct TokenFileEditor: Sendable {
  /// What `--tokens` said: a file, which may not exist yet, or a folder.
  public let path: String

  /// Nothing is looked at before `edit`.
  public init(path: String) {
    self.path = path
  }

  /// Lets `change` edit what is there now, and writes the result. It may be called again when the file changed
  /// underneath; what it throws leaves everything as it was.
  /// - Parameter confirm: called once, when all is on the disk and only the file's name is to change. What it throws
  ///   leaves everything as it was.
  /// - Returns: what `change` returned for what was written.
  public func edit<Result>(
    _ change: (inout TokenEdit) throws -> Result, confirm: () throws -> Void = {}
  ) throws -> Result {
    var isConfirmed = false
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
  }

  /// Lets `look` see what an edit would begin with. Holds no lock, and changes nothing.
  public func look<Result>(_ look: (TokenEdit) throws -> Result) throws -> Result {
    try look(TokenEdit(of: path))
  }
}
