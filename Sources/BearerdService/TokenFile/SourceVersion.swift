import BearerAuth
import Glibc

/// What tells one state of a file from another without reading it.
struct FileVersion: Hashable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  /// In nanoseconds since 1970. Wrapped around: some file systems keep any number of seconds.
  var modified: Int64
  /// As above. No program can set it, so a change that keeps size and `modified` shows here.
  var changed: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = FileVersion.nanoseconds(status.st_mtim)
    changed = FileVersion.nanoseconds(status.st_ctim)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

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
      if isDirectory { text += "\(Folder.split(file.path).name)/" }
      text += file.version.map { "\($0.inode) \($0.size) \($0.modified) \($0.changed)\n" } ?? "-\n"
    }
    return (try? DigestContext())?.digest(of: text.utf8.span)?.hex
  }
}

extension TokenSource {
  /// Tells what is at the path now from what was there before, also to another process that has read it. nil where it
  /// cannot be looked at.
  public var digest: String? { (try? version())?.digest }

  /// What is at the path now. Looks at every file, and reads none.
  func version() throws(TokenSourceError) -> SourceVersion {
    var version = try layout()
    for index in version.files.indices {
      version.files[index].version = (try? Folder.status(of: version.files[index].path)).map(FileVersion.init)
    }
    return version
  }

  /// The same without the versions of the files.
  func layout() throws(TokenSourceError) -> SourceVersion {
    let status = try Folder.status(of: path)
    var version = SourceVersion()
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      version.isDirectory = true
      let names = try Folder.names(in: path).filter(TokenSource.isTokenFile)
      guard names.count <= TokenSource.maximumFiles else { throw tooMany(names.count) }
      version.files = names.map { .init(path: "\(path)/\($0)") }
      version.owners = try PathTrail(of: path).owners + [PathTrail.Owner(path, status)]
      var known = Set(version.owners.map(\.path))
      for file in version.files where Folder.isLink(file.path) {
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
