import BearerAuth
import Glibc

/// Identifies one state of the tokens at a path: its files, and who may change the directories and links on the
/// path.
struct SourceVersion: Equatable {
  /// One token file.
  struct File: Equatable {
    var path: String
    /// nil: the file does not exist or is not accessible.
    var version: FileVersion?
  }

  var files: [File] = []
  /// The directories and links of the path, and the directory that is the source.
  var owners: [PathTrail.Owner] = []
  var isDirectory = false

  /// For comparison with another process: a digest of the files' inodes, sizes and times, and of their names in
  /// a directory. Device numbers are left out because they may differ in another mount namespace.
  var digest: String? {
    var text = ""
    for file in files {
      if isDirectory { text += "\(Directory.split(file.path).name)/" }
      text += file.version.map { "\($0.inode) \($0.size) \($0.modified) \($0.changed)\n" } ?? "-\n"
    }
    return (try? DigestContext())?.digest(of: text.utf8.span)?.hex
  }
}

extension TokenSource {
  /// Identifies the current state of the files, also to another process that has read them. nil if they are not
  /// accessible.
  package var digest: String? { (try? version())?.digest }

  /// The current state. Calls stat(2) on every file and reads none.
  func version() throws(TokenSourceError) -> SourceVersion {
    var version = try layout()
    for index in version.files.indices {
      version.files[index].version = (try? Directory.status(of: version.files[index].path)).map(
        FileVersion.init)
    }
    return version
  }

  /// Likewise, without the versions of the files.
  func layout() throws(TokenSourceError) -> SourceVersion {
    let version = try TokenSourceError.wrap(paths)
    guard version.files.count <= TokenSource.maximumFiles else { throw tooMany(version.files.count) }
    return version
  }

  private func paths() throws(FileError) -> SourceVersion {
    let status = try Directory.status(of: path)
    var version = SourceVersion()
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      version.isDirectory = true
      let names = try Directory.names(in: path).filter(TokenSource.isTokenFile)
      version.files = names.map { .init(path: "\(path)/\($0)") }
      version.owners = try PathTrail(of: path).owners + [PathTrail.Owner(path, status)]
      var known = Set(version.owners.map(\.path))
      for file in version.files where Directory.isLink(file.path) {
        for owner in try PathTrail(of: file.path).owners where known.insert(owner.path).inserted {
          version.owners.append(owner)
        }
      }
    case S_IFREG:
      version.files = [.init(path: path)]
      version.owners = try PathTrail(of: path).owners
    default:
      // A device or a pipe, which is not read.
      version.files = [.init(path: path)]
    }
    return version
  }

  private func tooMany(_ count: Int) -> TokenSourceError {
    let message =
      "\(count) token files; the limit is \(TokenSource.maximumFiles): merge some of them"
    return .unusable([TokenFileIssue(file: path, message: message)])
  }

  /// Whether a name in a directory is that of a token file.
  static func isTokenFile(_ name: String) -> Bool { name.hasSuffix(suffix) && !name.hasPrefix(".") }
}

/// Checks which other users can read or change the tokens. Hashes of random secrets reveal nothing, but the
/// applications' names should not be public either; and a user who can change the file can allow themselves.
///
/// As strict as sshd's StrictModes, with two exceptions: members of a group may have write access, and a
/// directory with the sticky bit, such as /tmp, may be part of the path.
struct ModeCheck {
  /// The severity if a user other than root and the effective one owns something; nil: not reported.
  var severity: TokenFileIssue.Severity?

  func issues(of file: FileText) -> [TokenFileIssue] {
    let path = file.path
    guard file.isRegular else {
      return [TokenFileIssue(file: path, message: "not a regular file; put the tokens into one")]
    }
    var issues: [TokenFileIssue] = []
    issues += foreign(path, file.status.st_uid)
    let mode = file.status.st_mode
    if mode & S_IWOTH != 0 {
      issues.append(TokenFileIssue(file: path, message: "writable by all users; chmod o-rwx \(path)"))
    } else if mode & S_IROTH != 0 {
      let message = "readable by all users; chmod o-rwx \(path)"
      issues.append(TokenFileIssue(file: path, severity: .warning, message: message))
    }
    return issues
  }

  /// - Parameter owners: the directories and links on the path to the tokens.
  /// - Parameter source: the token directory, if the tokens are in a directory.
  func issues(of owners: [PathTrail.Owner], source: String?) throws(FileError) -> [TokenFileIssue] {
    var issues: [TokenFileIssue] = []
    for owner in owners {
      let isLink = owner.mode & S_IFMT == S_IFLNK
      if isLink || owner.user != ModeCheck.unmapped { issues += foreign(owner.path, owner.user) }
      guard !isLink, owner.mode & S_IWOTH != 0 else { continue }
      // In a sticky directory users cannot remove each other's files, but they can add a token file.
      guard owner.mode & S_ISVTX == 0 || owner.path == source else { continue }
      // For example a Secret mounted by Kubernetes.
      guard try !Directory.isOnReadOnlyMount(owner.path) else { continue }
      let message = "all users may create files in it; chmod o-w \(owner.path)"
      issues.append(TokenFileIssue(file: owner.path, message: message))
    }
    return issues
  }

  private func foreign(_ path: String, _ user: uid_t) -> [TokenFileIssue] {
    guard let severity, user != 0, user != geteuid() else { return [] }
    let message = "owned by user \(user), who can change the tokens; chown root \(path)"
    return [TokenFileIssue(file: path, severity: severity, message: message)]
  }

  /// The user id shown for an owner that has no id in this user namespace, such as the host's root in an
  /// unprivileged container; nil if that id is a real user here.
  private static let unmapped: uid_t? = {
    func text(_ path: String) -> String? {
      (try? OpenFile(opening: path, O_RDONLY).readToEnd(limit: 1 << 16)).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    guard let map = text("/proc/self/uid_map"),
      let number = text("/proc/sys/kernel/overflowuid").flatMap({ uid_t($0.prefix { $0.isNumber }) })
    else { return nil }
    for line in map.split(separator: "\n") {
      // First id inside, first id outside, count.
      let fields = line.split(separator: " ").compactMap { UInt64($0) }
      guard fields.count == 3, !(fields[0]..<fields[0] + fields[2]).contains(UInt64(number)) else {
        return nil
      }
    }
    return number
  }()
}
