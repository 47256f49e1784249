import Glibc

/// One edit at a time of what a path names.
///
/// Every edit holds a lock on the folder; the file itself is replaced and cannot carry it, and a lock file would lie
/// about for ever.
enum Editing {
  /// How often an edit begins anew when somebody without the lock wrote the file in the meantime.
  private static let attempts = 10

  /// Lets `attempt` read, change and write; it is called again where it says, with nil, that the file changed
  /// underneath.
  static func run<Result>(at path: String, _ attempt: () throws -> Result?) throws -> Result {
    let lock = try Descriptor(opening: try lockedFolder(of: path), O_RDONLY | O_DIRECTORY)
    try lock.lock()
    for _ in 0..<attempts {
      if let result = try attempt() { return result }
    }
    throw TokenSourceError.contended(path: path)
  }

  /// The same folder for everybody who edits this, whichever link led here.
  private static func lockedFolder(of path: String) throws(TokenSourceError) -> String {
    guard let target = try Folder.target(of: path) else {
      guard !Folder.isLink(path) else { throw .danglingLink(path: path) }
      guard let parent = try Folder.target(of: Folder.split(path).folder) else { throw .noFolder(path: path) }
      return parent
    }
    let isFolder = try Folder.status(of: target).st_mode & S_IFMT == S_IFDIR
    return isFolder ? target : Folder.split(target).folder
  }
}
