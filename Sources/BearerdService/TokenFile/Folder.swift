import Glibc

/// What the token file asks of folders and names.
enum Folder {
  /// The names in a folder, in the order of their bytes.
  static func names(in path: String) throws(TokenSourceError) -> [String] {
    guard let stream = opendir(path) else { throw .system(operation: "open", path: path, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      // The entry is the stream's own and good until the next call.
      guard let entry = readdir(stream) else { break }
      names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
    }
    guard errno == 0 else { throw .system(operation: "read", path: path, code: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Where a path leads when all its links are followed; nil where nothing is there.
  static func target(of path: String) throws(TokenSourceError) -> String? {
    guard let resolved = realpath(path, nil) else {
      guard errno == ENOENT else { throw .system(operation: "find", path: path, code: errno) }
      return nil
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func status(of path: String) throws(TokenSourceError) -> stat {
    var status = stat()
    try Descriptor.call("look at", path) { stat(path, &status) }
    return status
  }

  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  static func rename(_ path: String, to other: String) throws(TokenSourceError) {
    try Descriptor.call("replace", other) { Glibc.rename(path, other) }
  }

  /// A temporary file that cannot be taken away is no reason to fail: it is tried again at the next edit.
  static func remove(_ path: String) {
    unlink(path)
  }

  /// `/etc/bearerd/tokens` gives `/etc/bearerd` and `tokens`; `tokens` gives `.` and `tokens`.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }
}
