import BearerAuth
import Glibc

/// Changes the tokens of a file or folder so that nothing is lost: not to another edit at the same time, not to
/// a crash, not to an administrator with an editor.
///
/// Every edit holds a lock on the folder; the file itself is replaced and cannot carry it, and a lock file would lie
/// about for ever. The new content is written beside the file, is on the disk before it takes the file's name, and
/// keeps its owner and mode. Whoever reads, reads the old content or the new.
public struct TokenFileEditor: Sendable {
  /// What `--tokens` said: a file, which may not exist yet, or a folder.
  public let path: String

  /// How often an edit begins anew when somebody without the lock wrote the file in the meantime.
  private static let attempts = 10

  /// Nothing is looked at before `edit`.
  public init(path: String) {
    self.path = path
  }

  /// Lets `change` edit what is there now, and writes the result. It may be called again when the file changed
  /// underneath; what it throws leaves everything as it was.
  /// - Returns: what `change` returned for what was written.
  public func edit<Result>(_ change: (inout TokenEdit) throws -> Result) throws -> Result {
    let lock = try Descriptor(opening: try lockedFolder(), O_RDONLY | O_DIRECTORY)
    try lock.lock()
    for _ in 0..<TokenFileEditor.attempts {
      var edit = try TokenEdit(of: path)
      let result = try change(&edit)
      if try edit.commit() { return result }
    }
    throw TokenSourceError.contended(path: path)
  }

  /// The same folder for everybody who edits these tokens, whichever link led here.
  private func lockedFolder() throws(TokenSourceError) -> String {
    guard let target = try Folder.target(of: path) else {
      guard !Folder.isLink(path) else { throw .danglingLink(path: path) }
      guard let parent = try Folder.target(of: Folder.split(path).folder) else { throw .noFolder(path: path) }
      return parent
    }
    let isFolder = try Folder.status(of: target).st_mode & S_IFMT == S_IFDIR
    return isFolder ? target : Folder.split(target).folder
  }
}
