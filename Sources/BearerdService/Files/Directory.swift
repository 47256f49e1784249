import Glibc

/// Directories, links and names, for the token file and manifests.
enum Directory {
  /// The names in a directory, sorted by their bytes.
  static func names(in path: String) throws(FileError) -> [String] {
    guard let stream = opendir(path) else { throw .system(operation: "open", path: path, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      // The entry belongs to the stream and is valid until the next call.
      guard let entry = readdir(stream) else { break }
      names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
    }
    guard errno == 0 else { throw .system(operation: "read", path: path, code: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The path with all links resolved; nil if nothing is there.
  static func target(of path: String) throws(FileError) -> String? {
    guard let resolved = realpath(path, nil) else {
      guard errno == ENOENT else { throw .system(operation: "find", path: path, code: errno) }
      return nil
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func status(of path: String) throws(FileError) -> stat {
    var status = stat()
    try OpenFile.call("access", path) { stat(path, &status) }
    return status
  }

  /// The status of the link itself if the path is a link; nil if nothing is there.
  static func statusOfLink(at path: String) throws(FileError) -> stat? {
    var status = stat()
    guard lstat(path, &status) != 0 else { return status }
    guard errno == ENOENT else { throw .system(operation: "access", path: path, code: errno) }
    return nil
  }

  static func isLink(_ path: String) -> Bool {
    (try? statusOfLink(at: path)).map { $0.st_mode & S_IFMT == S_IFLNK } ?? false
  }

  /// The target of a link, which may be relative to the link's directory.
  static func destination(ofLink path: String) throws(FileError) -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try OpenFile.call("read the link", path) { readlink(path, &bytes, bytes.count) }
    return String(decoding: bytes[..<count].map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  /// Whether the path is on a read-only mount.
  static func isOnReadOnlyMount(_ path: String) throws(FileError) -> Bool {
    var status = statvfs()
    try OpenFile.call("access", path) { statvfs(path, &status) }
    return status.f_flag & UInt(ST_RDONLY) != 0
  }

  static func rename(_ path: String, to other: String) throws(FileError) {
    try OpenFile.call("replace", other) { Glibc.rename(path, other) }
  }

  /// Ignores errors: a temporary file that cannot be removed is tried again at the next edit.
  static func remove(_ path: String) {
    unlink(path)
  }

  /// `/etc/bearerd/tokens` gives `/etc/bearerd` and `tokens`; `tokens` gives `.` and `tokens`.
  static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = path[..<slash]
    return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
  }
}

/// The directories and symbolic links in the resolution of a path (path_resolution(7)): a user who can change
/// one of them controls where the path leads.
struct PathTrail {
  /// A name and its directory, whose path contains no link.
  struct Entry: Hashable {
    var directory: String
    var name: String

    var path: String { directory == "/" ? "/\(name)" : "\(directory)/\(name)" }
  }

  /// The owner and mode of a directory or link on the path.
  struct Owner: Equatable {
    var path: String
    var mode: mode_t
    var user: uid_t
    var group: gid_t
  }

  /// In the order of the resolution.
  private(set) var links: [Entry] = []
  /// Every directory in which a name is looked up, and every link, in the order of the resolution.
  private(set) var owners: [Owner] = []
  /// The end of the path; it need not exist.
  private(set) var target = Entry(directory: "/", name: "")

  /// The kernel's limit; more links are a loop.
  private static let maximumLinks = 40

  /// - Throws: if a directory on the path does not exist or cannot be searched, or if the links form a loop.
  init(of path: String) throws(FileError) {
    var directory = path.hasPrefix("/") ? "/" : try Directory.target(of: ".") ?? "/"
    var rest: [Substring] = path.split(separator: "/").reversed()
    try note(directory)
    while let name = rest.popLast() {
      if name == "." { continue }
      if name == ".." {
        directory = Directory.split(directory).directory
        continue
      }
      target = Entry(directory: directory, name: String(name))
      guard let status = try Directory.statusOfLink(at: target.path) else {
        guard rest.isEmpty else { throw .system(operation: "find", path: target.path, code: ENOENT) }
        return
      }
      if status.st_mode & S_IFMT == S_IFLNK {
        guard links.count < PathTrail.maximumLinks else {
          throw .system(operation: "find", path: path, code: ELOOP)
        }
        links.append(target)
        owners.append(Owner(target.path, status))
        let destination = try Directory.destination(ofLink: target.path)
        if destination.hasPrefix("/") { directory = "/" }
        rest += destination.split(separator: "/").reversed()
      } else if !rest.isEmpty {
        directory = target.path
        try note(directory)
      }
    }
  }

  private mutating func note(_ directory: String) throws(FileError) {
    owners.append(Owner(directory, try Directory.status(of: directory)))
  }
}

extension PathTrail.Owner {
  init(_ path: String, _ status: stat) {
    self.init(path: path, mode: status.st_mode, user: status.st_uid, group: status.st_gid)
  }
}
