import BearerAuth
import Glibc

/// One token file as it was read, and what tells whether it is still the same.
struct FileText {
  let path: String
  let bytes: [UInt8]
  let status: stat
  /// False for a file that was written while it was read: what was read may be a mixture.
  let isWhole: Bool

  var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
  var version: FileVersion { FileVersion(status) }
  /// Whether every line has its line end.
  var isTerminated: Bool { bytes.last.map { $0 == UInt8(ascii: "\n") } ?? true }

  /// Reads a regular file; of anything else there are no bytes.
  init(reading path: String, limit: Int = TokenSource.maximumSize) throws(TokenSourceError) {
    let file = try Descriptor(opening: path, O_RDONLY)
    self.path = path
    status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      bytes = []
      isWhole = true
      return
    }
    bytes = try file.readToEnd(limit: limit)
    isWhole = FileVersion(try file.status()) == FileVersion(status) && bytes.count == Int(status.st_size)
  }

  /// Whether the file at `path` is the one that was read, and was not written since.
  func isCurrent() -> Bool {
    guard let now = try? Folder.status(of: path) else { return false }
    return FileVersion(now) == version
  }
}
