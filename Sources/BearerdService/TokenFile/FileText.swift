import BearerAuth
import Glibc

/// One token file as it was read, and what tells whether it is still the same.
struct FileText {
  let path: String
  let bytes: [UInt8]
  let status: stat
  /// What its mode has wrong.
  let issues: [TokenFileIssue]

  var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }

  /// Reads a regular file; anything else has an issue and no bytes.
  init(reading path: String, limit: Int = TokenSource.maximumSize) throws(TokenSourceError) {
    let file = try Descriptor(opening: path, O_RDONLY)
    self.path = path
    status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      bytes = []
      issues = [TokenFileIssue(file: path, message: "no regular file; put the tokens into a plain file")]
      return
    }
    bytes = try file.readToEnd(limit: limit)
    issues = ModeCheck.issues(ofFile: path, mode: status.st_mode)
  }

  /// Whether the file at `path` is the one that was read, and was not written since.
  func isCurrent() -> Bool {
    guard let now = try? Folder.status(of: path) else { return false }
    return now.st_dev == status.st_dev && now.st_ino == status.st_ino && now.st_size == status.st_size
      && now.st_mtim.tv_sec == status.st_mtim.tv_sec && now.st_mtim.tv_nsec == status.st_mtim.tv_nsec
  }
}
