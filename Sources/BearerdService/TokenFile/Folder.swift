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

  /// Of a link itself where the path names one; nil where nothing is there.
  static func statusOfLink(at path: String) throws(TokenSourceError) -> stat? {
    var status = stat()
    guard lstat(path, &status) != 0 else { return status }
    guard errno == ENOENT else { throw .system(operation: "look at", path: path, code: errno) }
    return nil
  }

  static func isLink(_ path: String) -> Bool {
    (try? statusOfLink(at: path)).map { $0.st_mode & S_IFMT == S_IFLNK } ?? false
  }

  /// What a link says, which may be relative to the link's directory.
  static func destination(ofLink path: String) throws(TokenSourceError) -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try Descriptor.call("read the link", path) { readlink(path, &bytes, bytes.count) }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether nothing can be written where the path leads.
  static func isOnReadOnlyMount(_ path: String) throws(TokenSourceError) -> Bool {
    var status = statvfs()
    try Descriptor.call("look at", path) { statvfs(path, &status) }
    return status.f_flag & UInt(ST_RDONLY) != 0
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
