import BearerAuth
import FastCGI
import Glibc

/// One edit at a time of what a path names.
enum Editing {
  /// How often an edit begins anew when somebody without the lock wrote the file in the meantime.
  private static let attempts = 10

  /// Lets `attempt` read, change and write; it is called again where it says, with nil, that the file changed
  /// underneath.
  static func run<Result>(at path: String, _ attempt: () throws -> Result?) throws -> Result {
    let lock = try EditLock(of: try lockedFolder(of: path))
    defer { lock.release() }
    for _ in 0..<attempts {
      if let result = try attempt() { return result }
    }
    throw TokenSourceError.contended(path: path)
  }

  /// The same folder for everybody who edits this, whichever link led here.
  private static func lockedFolder(of path: String) throws(TokenSourceError) -> String {
    guard let target = try Folder.target(of: path) else {
      guard !Folder.isLink(path) else { throw .danglingLink(path: path) }
      guard let parent = try Folder.target(of: Folder.split(path).folder) else { throw .noFolder(path: path) }
      return parent
    }
    let isFolder = try Folder.status(of: target).st_mode & S_IFMT == S_IFDIR
    return isFolder ? target : Folder.split(target).folder
  }
}

/// The lock on a directory's token files: a file in it that only its owner can open, and that is there during an edit
/// only. A lock on the directory itself could be held by everybody who can read it, for ever.
struct EditLock: ~Copyable {
  /// For so long it is waited that one edit ends, in milliseconds.
  static let patience: UInt64 = 10_000
  static let name = ".bearerd.lock"

  private let file: Descriptor

  init(of directory: String) throws(TokenSourceError) {
    let path = "\(directory)/\(EditLock.name)"
    var waited: (for: FileVersion?, since: UInt64)?
    while true {
      if let file = try EditLock.file(at: path) {
        // One that was waited for is removed by then; a lock on it is worth nothing.
        if try file.lock(), try EditLock.version(of: path) == FileVersion(try file.status()) {
          self.file = file
          return
        }
      }
      let holder = try EditLock.version(of: path)
      let now = Clock.monotonicMilliseconds()
      // Others may take turns, as a hundred edits at once do.
      if waited?.for != holder || waited == nil { waited = (holder, now) }
      guard let since = waited?.since, now < since + EditLock.patience else { throw .locked(path: path) }
      usleep(.random(in: 2_000...10_000))
    }
  }

  /// The next one makes a file of its own.
  func release() { Folder.remove(file.path) }

  /// nil where another user's edit has it.
  private static func file(at path: String) throws(TokenSourceError) -> Descriptor? {
    do throws(TokenSourceError) {
      return try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    } catch {
      guard case .system(_, _, EACCES) = error, try version(of: path) != nil else { throw error }
      return nil
    }
  }

  private static func version(of path: String) throws(TokenSourceError) -> FileVersion? {
    try Folder.statusOfLink(at: path).map(FileVersion.init)
  }
}

/// New content for a file, which takes its place at once or not at all. Until `place` it lies beside the file, and goes
/// with this object.
final class Replacement {
  private let original: FileText?
  private let target: String
  private let folder: String
  private let name: String
  private let newMode: mode_t
  private let temporary: String

  /// - Parameters:
  ///   - original: the file as it was read; nil where there was none.
  ///   - mode: whom a new file may be read by. As it is: its owner, and the group of its folder, which is the daemon's.
  init(of path: String, was original: FileText?, mode: mode_t = 0o640) throws(TokenSourceError) {
    self.original = original
    newMode = mode
    // Through a link to what it points to: the link itself stays.
    target = try Folder.target(of: path) ?? path
    (folder, name) = Folder.split(target)
    temporary = "\(folder)/.\(name).\(UInt64.random(in: .min ... .max))\(Replacement.temporarySuffix)"
  }

  deinit { Folder.remove(temporary) }

  /// Has `bytes` on the disk, with the owner, the mode and the attributes of the file. False where the file is not what
  /// was read.
  func prepare(_ bytes: [UInt8]) throws(TokenSourceError) -> Bool {
    try removeLeftovers()
    let file = try Descriptor(opening: temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    if let original {
      guard try copyAccess(of: original, to: file) else { return false }
    } else {
      let group = try Folder.status(of: folder).st_gid
      // Whoever is not in that group keeps their own: the file is theirs alone then, which is safe.
      try? file.setOwner(uid_t.max, group)
      // Where the folder has a default access control list, this says how much of it counts.
      try file.setMode(newMode)
    }
    try file.write(bytes)
    try file.synchronize()
    return isOriginalThere()
  }

  /// Puts what was prepared in the file's place; false, and nothing is changed, where the file is not what was read.
  func place() throws(TokenSourceError) -> Bool {
    guard isOriginalThere() else { return false }
    try Folder.rename(temporary, to: target)
    do throws(TokenSourceError) {
      try Descriptor(opening: folder, O_RDONLY | O_DIRECTORY).synchronize()
    } catch {
      guard case .system(_, _, let code) = error else { throw error }
      throw .notOnDisk(path: target, code: code)
    }
    return true
  }

  private func copyAccess(of original: FileText, to file: borrowing Descriptor) throws(TokenSourceError)
    -> Bool
  {
    let source = try Descriptor(opening: target, O_RDONLY)
    guard FileVersion(try source.status()) == original.version else { return false }
    // The owner first: a change of owner takes mode bits away.
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
    return (try? Folder.status(of: target)) == nil
  }

  // The name begins with a dot and does not end in .tokens: no folder of tokens takes it for one of its files.
  private var temporaryPrefix: String { ".\(name)." }
  private static let temporarySuffix = ".new"

  /// A crash may have left its temporary file behind. The lock is ours, so nobody is writing one now.
  private func removeLeftovers() throws(TokenSourceError) {
    for entry in try Folder.names(in: folder)
    where entry.hasPrefix(temporaryPrefix) && entry.hasSuffix(Replacement.temporarySuffix) {
      let number = entry.dropFirst(temporaryPrefix.count).dropLast(Replacement.temporarySuffix.count)
      guard UInt64(number) != nil else { continue }
      Folder.remove("\(folder)/\(entry)")
    }
  }
}
