import BearerAuth
import Glibc

/// What tells one state of the tokens at a path from another: the files it leads to, and who may change the way there.
struct SourceVersion: Equatable {
  /// One token file.
  struct File: Equatable {
    var path: String
    /// nil: nothing is there, or it cannot be looked at.
    var version: FileVersion?
  }

  var files: [File] = []
  /// The directories and links of the path, and the directory that is the source.
  var owners: [PathTrail.Owner] = []
  var isDirectory = false

  /// For a comparison with another process: a digest of the files' inodes, sizes and times, and of their names in a
  /// directory. Without their devices, whose numbers may differ in another mount namespace.
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
  /// Tells what is at the path now from what was there before, also to another process that has read it. nil where it
  /// cannot be looked at.
  package var digest: String? { (try? version())?.digest }

  /// What is at the path now. Looks at every file, and reads none.
  func version() throws(TokenSourceError) -> SourceVersion {
    var version = try layout()
    for index in version.files.indices {
      version.files[index].version = (try? Directory.status(of: version.files[index].path)).map(
        FileVersion.init)
    }
    return version
  }

  /// The same without the versions of the files.
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
      "\(count) token files; at most \(TokenSource.maximumFiles) are read: put the tokens of several into one"
    return .unusable([TokenFileIssue(file: path, message: message)])
  }

  /// Whether a directory's file of this name is one of its token files.
  static func isTokenFile(_ name: String) -> Bool { name.hasSuffix(suffix) && !name.hasPrefix(".") }
}

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
  func issues(of owners: [PathTrail.Owner], source: String?) throws(FileError) -> [TokenFileIssue] {
    var issues: [TokenFileIssue] = []
    for owner in owners {
      let isLink = owner.mode & S_IFMT == S_IFLNK
      if isLink || owner.user != ModeCheck.unmapped { issues += foreign(owner.path, owner.user) }
      guard !isLink, owner.mode & S_IWOTH != 0 else { continue }
      // Nobody can remove another's file from a sticky directory. But everybody can add one to the tokens there.
      guard owner.mode & S_ISVTX == 0 || owner.path == source else { continue }
      // As Kubernetes mounts a Secret.
      guard try !Directory.isOnReadOnlyMount(owner.path) else { continue }
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
      (try? OpenFile(opening: path, O_RDONLY).readToEnd(limit: 1 << 16)).map {
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
