import BearerAuth
import Glibc

/// Who else may read or write the tokens. Hashes of random secrets give nothing away, but nobody should see who calls
/// either; and whoever writes them is let in.
enum ModeCheck {
  static func issues(ofFile path: String, mode: mode_t) -> [TokenFileIssue] {
    if mode & S_IWOTH != 0 {
      return [TokenFileIssue(file: path, message: "everybody may write to it; chmod o-rwx \(path)")]
    }
    guard mode & S_IROTH != 0 else { return [] }
    let message = "everybody may read it; chmod o-rwx \(path)"
    return [TokenFileIssue(file: path, severity: .warning, message: message)]
  }

  /// A folder that all may write to is fine only on a read-only mount, as Kubernetes makes them for Secrets.
  static func issues(ofFolder folder: borrowing Descriptor) throws(TokenSourceError) -> [TokenFileIssue] {
    guard try folder.status().st_mode & S_IWOTH != 0, try !folder.isOnReadOnlyMount() else { return [] }
    let message = "everybody may put files into it; chmod o-w \(folder.path)"
    return [TokenFileIssue(file: folder.path, message: message)]
  }
}
