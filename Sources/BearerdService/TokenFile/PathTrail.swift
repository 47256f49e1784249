import Glibc

/// The directories and symbolic links that the resolution of a path goes through (path_resolution(7)): whoever can
/// change one of them decides what the path leads to.
struct PathTrail {
  /// A name, and the directory that holds it; there is no link in the directory's path.
  struct Entry: Hashable {
    var directory: String
    var name: String

    var path: String { directory == "/" ? "/\(name)" : "\(directory)/\(name)" }
  }

  /// Who may change an object of the trail.
  struct Owner: Equatable {
    var path: String
    var mode: mode_t
    var user: uid_t
    var group: gid_t
  }

  /// In the order in which they are followed.
  private(set) var links: [Entry] = []
  /// Every directory in which a name is looked up, and every link. In the order of the resolution.
  private(set) var owners: [Owner] = []
  /// What the path leads to; nothing need be there.
  private(set) var target = Entry(directory: "/", name: "")

  /// More links are a loop, as for the kernel.
  private static let maximumLinks = 40

  /// - Throws: if a directory on the way does not exist or cannot be searched, or if the links form a loop.
  init(of path: String) throws(TokenSourceError) {
    var directory = path.hasPrefix("/") ? "/" : try Folder.target(of: ".") ?? "/"
    var rest: [Substring] = path.split(separator: "/").reversed()
    try note(directory)
    while let name = rest.popLast() {
      if name == "." { continue }
      if name == ".." {
        directory = Folder.split(directory).folder
        continue
      }
      target = Entry(directory: directory, name: String(name))
      guard let status = try Folder.statusOfLink(at: target.path) else {
        guard rest.isEmpty else { throw .system(operation: "find", path: target.path, code: ENOENT) }
        return
      }
      if status.st_mode & S_IFMT == S_IFLNK {
        guard links.count < PathTrail.maximumLinks else {
          throw .system(operation: "find", path: path, code: ELOOP)
        }
        links.append(target)
        owners.append(Owner(target.path, status))
        let destination = try Folder.destination(ofLink: target.path)
        if destination.hasPrefix("/") { directory = "/" }
        rest += destination.split(separator: "/").reversed()
      } else if !rest.isEmpty {
        directory = target.path
        try note(directory)
      }
    }
  }

  private mutating func note(_ directory: String) throws(TokenSourceError) {
    owners.append(Owner(directory, try Folder.status(of: directory)))
  }
}

extension PathTrail.Owner {
  init(_ path: String, _ status: stat) {
    self.init(path: path, mode: status.st_mode, user: status.st_uid, group: status.st_gid)
  }
}
