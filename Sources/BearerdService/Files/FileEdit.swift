import BearerAuth
import CLinux
import FastCGI
import Glibc

/// Edits of a file, one at a time.
enum Editing {
  /// How often an edit is retried if a program without the lock wrote the file meanwhile.
  private static let attempts = 10

  /// Calls `attempt`, which reads, changes and writes the file; calls it again if it returns nil, which means
  /// that the file changed meanwhile.
  static func run<Result>(at path: String, _ attempt: () throws -> Result?) throws -> Result {
    let lock = try EditLock(of: try lockedDirectory(of: path))
    defer { lock.release() }
    for _ in 0..<attempts {
      if let result = try attempt() { return result }
    }
    throw FileError.contended(path: path)
  }

  /// The directory that holds the file itself, so every link to the file leads to the same lock.
  private static func lockedDirectory(of path: String) throws(FileError) -> String {
    guard let target = try Directory.target(of: path) else {
      guard !Directory.isLink(path) else { throw .danglingLink(path: path) }
      guard let parent = try Directory.target(of: Directory.split(path).directory) else {
        throw .noDirectory(path: path)
      }
      return parent
    }
    let isDirectory = try Directory.status(of: target).st_mode & S_IFMT == S_IFDIR
    return isDirectory ? target : Directory.split(target).directory
  }
}

/// The lock on a directory's token files: a file in the directory that only its owner can open, and that exists
/// during an edit only. A lock on the directory itself could be held forever by any user who can read it.
struct EditLock: ~Copyable {
  /// How long to wait for another edit, in milliseconds.
  static let timeout: UInt64 = 10_000
  static let name = ".bearerd.lock"

  private let file: OpenFile

  init(of directory: String) throws(FileError) {
    let path = "\(directory)/\(EditLock.name)"
    var waited: (for: FileVersion?, since: UInt64)?
    while true {
      if let file = try EditLock.file(at: path) {
        // The edit before removed the file that was waited for; a lock on a removed file has no effect.
        if try file.lock(), try EditLock.version(of: path) == FileVersion(try file.status()) {
          self.file = file
          return
        }
      }
      let holder = try EditLock.version(of: path)
      let now = SystemClock.monotonicMilliseconds()
      // Each holder gets the full time, because many edits may queue: a hundred at once were tried.
      if waited?.for != holder || waited == nil { waited = (holder, now) }
      guard let since = waited?.since, now < since + EditLock.timeout else { throw .locked(path: path) }
      usleep(.random(in: 2_000...10_000))
    }
  }

  /// The next edit creates a lock file of its own.
  func release() { Directory.remove(file.path) }

  /// nil if an edit of another user holds the lock.
  private static func file(at path: String) throws(FileError) -> OpenFile? {
    do throws(FileError) {
      return try OpenFile(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    } catch {
      guard case .system(_, _, EACCES) = error, try version(of: path) != nil else { throw error }
      return nil
    }
  }

  private static func version(of path: String) throws(FileError) -> FileVersion? {
    try Directory.statusOfLink(at: path).map(FileVersion.init)
  }
}

/// New content for a file, which replaces it atomically. Until `place` it is a temporary file beside the
/// original; this object removes it.
final class Replacement {
  private let original: FileText?
  private let target: String
  private let directory: String
  private let name: String
  private let newMode: mode_t
  private let temporary: String

  /// - Parameters:
  ///   - original: the file as it was read; nil for a new file.
  ///   - mode: the mode of a new file. By default its owner may write and its group may read; the group is that
  /// of its directory, which is the daemon's.
  init(of path: String, was original: FileText?, mode: mode_t = 0o640) throws(FileError) {
    self.original = original
    newMode = mode
    // Resolves links: the link itself is kept.
    target = try Directory.target(of: path) ?? path
    (directory, name) = Directory.split(target)
    temporary = "\(directory)/.\(name).\(UInt64.random(in: .min ... .max))\(Replacement.temporarySuffix)"
  }

  deinit { Directory.remove(temporary) }

  /// Writes `bytes` to disk, with the owner, mode and attributes of the original. False if the original is not
  /// the file that was read.
  func prepare(_ bytes: [UInt8]) throws(FileError) -> Bool {
    try removeLeftovers()
    let file = try OpenFile(opening: temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    if let original {
      guard try copyAccess(of: original, to: file) else { return false }
    } else {
      let group = try Directory.status(of: directory).st_gid
      // A user who is not in that group keeps their own group; then only they can read the file, which is safe.
      try? file.setOwner(uid_t.max, group)
      // If the directory has a default access control list, the mode limits its entries.
      try file.setMode(newMode)
    }
    try file.write(bytes)
    try file.synchronize()
    return isOriginalThere()
  }

  /// Replaces the original with the prepared file; false, and nothing is changed, if the original is not the
  /// file that was read.
  func place() throws(FileError) -> Bool {
    guard isOriginalThere() else { return false }
    try Directory.rename(temporary, to: target)
    do throws(FileError) {
      try OpenFile(opening: directory, O_RDONLY | O_DIRECTORY).synchronize()
    } catch {
      guard case .system(_, _, let code) = error else { throw error }
      throw .notOnDisk(path: target, code: code)
    }
    return true
  }

  private func copyAccess(of original: FileText, to file: borrowing OpenFile) throws(FileError)
    -> Bool
  {
    let source = try OpenFile(opening: target, O_RDONLY)
    guard FileVersion(try source.status()) == original.version else { return false }
    // The owner first: a change of owner clears mode bits.
    let made = try file.status()
    if made.st_uid != original.status.st_uid || made.st_gid != original.status.st_gid {
      try file.setOwner(original.status.st_uid, original.status.st_gid)
    }
    try FileAttributes.removeInherited(from: file)
    try file.setMode(original.status.st_mode & 0o7777)
    try FileAttributes.copy(from: source, to: file)
    return true
  }

  private func isOriginalThere() -> Bool {
    if let original { return original.isCurrent() }
    return (try? Directory.status(of: target)) == nil
  }

  // The name begins with a dot and does not end in .tokens, so a token directory ignores it.
  private var temporaryPrefix: String { ".\(name)." }
  private static let temporarySuffix = ".new"

  /// A crash may have left a temporary file behind. This process holds the lock, so no other edit is writing one.
  private func removeLeftovers() throws(FileError) {
    for entry in try Directory.names(in: directory)
    where entry.hasPrefix(temporaryPrefix) && entry.hasSuffix(Replacement.temporarySuffix) {
      let number = entry.dropFirst(temporaryPrefix.count).dropLast(Replacement.temporarySuffix.count)
      guard UInt64(number) != nil else { continue }
      Directory.remove("\(directory)/\(entry)")
    }
  }
}

/// Attributes of a file besides owner and mode (xattr(7)): its POSIX access control list, labels, user attributes.
enum FileAttributes {
  /// The attribute that holds a file's own access control list.
  private static let accessList = "system.posix_acl_access"

  /// These describe the old content and are not copied.
  private static let ofContent: Set = ["security.ima", "security.evm", "security.capability"]

  /// Removes the entries that a new file gets from the default access control list of its directory, for a file
  /// whose access is copied from another.
  static func removeInherited(from file: borrowing OpenFile) throws(FileError) {
    guard try file.attributeNames().contains(accessList) else { return }
    try file.removeAttribute(accessList)
  }

  /// Copies the attributes of `original` to `copy`.
  /// - Throws: if one cannot be copied, except the system's own labels, which the system sets itself.
  static func copy(from original: borrowing OpenFile, to copy: borrowing OpenFile)
    throws(FileError)
  {
    for name in try original.attributeNames() where !ofContent.contains(name) {
      guard let value = try original.attribute(name), try copy.attribute(name) != value else { continue }
      do throws(FileError) {
        try copy.setAttribute(name, value)
      } catch {
        guard name.hasPrefix("security.") || name.hasPrefix("trusted.") else { throw error }
      }
    }
  }
}

extension OpenFile {
  /// Empty if the file system has no attributes.
  func attributeNames() throws(FileError) -> [String] {
    let list = try OpenFile.bytes("list the attributes of", path) { flistxattr(descriptor, $0, $1) }
    return (list ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// nil if there is none.
  func attribute(_ name: String) throws(FileError) -> [UInt8]? {
    try OpenFile.bytes("read the attribute \(name) of", path) { fgetxattr(descriptor, name, $0, $1) }
  }

  func setAttribute(_ name: String, _ value: [UInt8]) throws(FileError) {
    try OpenFile.call("keep the attribute \(name) of", path) {
      fsetxattr(descriptor, name, value, value.count, 0)
    }
  }

  func removeAttribute(_ name: String) throws(FileError) {
    try OpenFile.call("remove the attribute \(name) of", path) { fremovexattr(descriptor, name) }
  }

  /// XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h.
  private static let attributeLimit = 65536

  private static func bytes(
    _ operation: String, _ path: String, _ body: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws(FileError) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: attributeLimit)
    do throws(FileError) {
      let count = try call(operation, path) {
        buffer.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
      }
      return buffer[..<count].map { UInt8(truncatingIfNeeded: $0) }
    } catch {
      guard case .system(_, _, let code) = error, code == ENODATA || code == ENOTSUP else { throw error }
      return nil
    }
  }
}
