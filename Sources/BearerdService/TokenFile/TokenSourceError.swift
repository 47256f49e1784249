import BearerAuth
import Glibc

/// Why the tokens could not be read or changed.
public enum TokenSourceError: Error, Sendable {
  /// A system call failed; `code` is its errno.
  case system(operation: String, path: String, code: Int32)
  /// The content must not be used; at least one issue is an error.
  case unusable([TokenFileIssue])
  /// The folder of a file that is to be made does not exist.
  case noFolder(path: String)
  /// A link that points nowhere; what it should point to is for the administrator to say.
  case danglingLink(path: String)
  /// Somebody else wrote the file again and again while it was edited.
  case contended(path: String)
  /// Another edit did not end.
  case locked(path: String)
  /// It is changed, but a power failure may undo that; `code` is an errno.
  case notOnDisk(path: String, code: Int32)

  /// The exit code of sysexits.h that fits: EX_CONFIG for bad content, else EX_IOERR.
  public var exitCode: Int32 {
    if case .unusable = self { EX_CONFIG } else { EX_IOERR }
  }
}

extension TokenSourceError: CustomStringConvertible {
  /// For the administrator, with the fix; one line, or a line an issue.
  public var description: String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path.printable): \(String(cString: strerror(code)))\(TokenSourceError.fix(for: code, path))"
    case .unusable(let issues):
      issues.map(\.description).joined(separator: "\n")
    case .noFolder(let path):
      "cannot make \(path.printable): its folder does not exist; `install -d -m 0750 \(Folder.split(path).folder.printable)` makes it"
    case .danglingLink(let path):
      "\(path.printable) is a link that points nowhere; make what it points to, or remove it"
    case .contended(let path):
      "\(path.printable) changed each time it was to be written; nothing was changed; try again"
    case .locked(let path):
      "another edit has held \(path.printable) for \(EditLock.patience / 1000) seconds; nothing was changed; `fuser \(path.printable)` "
        + "shows its process; if there is none, remove the file"
    case .notOnDisk(let path, let code):
      "\(path.printable) is changed, but the disk does not confirm it: \(String(cString: strerror(code)))"
    }
  }

  static func fix(for code: Int32, _ path: String) -> String {
    switch code {
    case ENOENT: "; make it with `bearerd token new APP --tokens \(path.printable)`"
    case EACCES: "; run this as root, or as a user whom the file and its folder admit"
    case EPERM: "; run this as root or as the file's owner"
    case EROFS: "; the file system is read-only: change the tokens where they come from"
    case ENOSPC, EDQUOT: "; make room on the file system; nothing was changed"
    case ENOTDIR: "; a part of the path is no folder"
    case ELOOP: "; the links form a circle"
    case EFBIG: "; a token file has at most \(TokenSource.maximumSize >> 20) MiB"
    case ENOMEM: "; it takes about five times its size in memory: raise the limit, or make the file smaller"
    default: ""
    }
  }
}
