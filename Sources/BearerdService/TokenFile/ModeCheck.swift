import BearerAuth
import Glibc

/// Who else can read or change the tokens. Hashes of random secrets give nothing away, but nobody should see whose they
/// are either; and whoever changes them is let in.
///
/// As strict as sshd's StrictModes, but for two things: members of a group may be given write access, and a directory
/// with the sticky bit, such as /tmp, may lie on the way.
struct ModeCheck {
  /// What it is if another user than root and the effective one owns something; nil: nothing.
  var severity: TokenFileIssue.Severity?

  func issues(of file: FileText) -> [TokenFileIssue] {
    let path = file.path
    guard file.isRegular else {
      return [TokenFileIssue(file: path, message: "no regular file; put the tokens into a plain file")]
    }
    var issues: [TokenFileIssue] = []
    issues += foreign(path, file.status.st_uid)
    let mode = file.status.st_mode
    if mode & S_IWOTH != 0 {
      issues.append(TokenFileIssue(file: path, message: "everybody may write to it; chmod o-rwx \(path)"))
    } else if mode & S_IROTH != 0 {
      let message = "everybody may read it; chmod o-rwx \(path)"
      issues.append(TokenFileIssue(file: path, severity: .warning, message: message))
    }
    return issues
  }

  /// - Parameter owners: of the directories and links that lead to the tokens.
  /// - Parameter source: the directory that holds the token files, if the tokens are a directory's.
  func issues(of owners: [PathTrail.Owner], source: String?) throws(TokenSourceError) -> [TokenFileIssue] {
    var issues: [TokenFileIssue] = []
    for owner in owners {
      let isLink = owner.mode & S_IFMT == S_IFLNK
      if isLink || owner.user != ModeCheck.unmapped { issues += foreign(owner.path, owner.user) }
      guard !isLink, owner.mode & S_IWOTH != 0 else { continue }
      // Nobody can remove another's file from a sticky directory. But everybody can add one to the tokens there.
      guard owner.mode & S_ISVTX == 0 || owner.path == source else { continue }
      // As Kubernetes mounts a Secret.
      guard try !Folder.isOnReadOnlyMount(owner.path) else { continue }
      let message = "everybody may put files into it; chmod o-w \(owner.path)"
      issues.append(TokenFileIssue(file: owner.path, message: message))
    }
    return issues
  }

  private func foreign(_ path: String, _ user: uid_t) -> [TokenFileIssue] {
    guard let severity, user != 0, user != geteuid() else { return [] }
    let message = "belongs to user \(user), who can change the tokens; chown root \(path)"
    return [TokenFileIssue(file: path, severity: severity, message: message)]
  }

  /// How an owner appears who has no number in our user namespace, as root of the host has none in an unprivileged
  /// container; nil where that number is a user's.
  private static let unmapped: uid_t? = {
    func text(_ path: String) -> String? {
      (try? Descriptor(opening: path, O_RDONLY).readToEnd(limit: 1 << 16)).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    guard let map = text("/proc/self/uid_map"),
      let number = text("/proc/sys/kernel/overflowuid").flatMap({ uid_t($0.prefix { $0.isNumber }) })
    else { return nil }
    for line in map.split(separator: "\n") {
      // First number inside, first number outside, how many.
      let fields = line.split(separator: " ").compactMap { UInt64($0) }
      guard fields.count == 3, !(fields[0]..<fields[0] + fields[2]).contains(UInt64(number)) else {
        return nil
      }
    }
    return number
  }()
}
