import BearerAuth
import Glibc

/// New content for a file, which takes its place at once or not at all.
struct Replacement {
  private let original: FileText?
  private let target: String
  private let folder: String
  private let name: String
  private let newMode: mode_t

  /// - Parameters:
  ///   - original: the file as it was read; nil where there was none.
  ///   - mode: whom a new file may be read by. As it is: its owner, and the group of its folder, which is the daemon's.
  init(of path: String, was original: FileText?, mode: mode_t = 0o640) throws(TokenSourceError) {
    self.original = original
    newMode = mode
    // Through a link to what it points to: the link itself stays.
    target = try Folder.target(of: path) ?? path
    (folder, name) = Folder.split(target)
  }

  /// Puts `bytes` in the file's place; false, and nothing is changed, where the file is not what was read.
  func write(_ bytes: [UInt8]) throws(TokenSourceError) -> Bool {
    try removeLeftovers()
    let temporary =
      "\(folder)/\(temporaryPrefix)\(UInt64.random(in: .min ... .max))\(Replacement.temporarySuffix)"
    do throws(TokenSourceError) {
      try fill(temporary, with: bytes)
      guard isOriginalThere() else {
        Folder.remove(temporary)
        return false
      }
      try Folder.rename(temporary, to: target)
    } catch {
      Folder.remove(temporary)
      throw error
    }
    try Descriptor(opening: folder, O_RDONLY | O_DIRECTORY).synchronize()
    return true
  }

  private func fill(_ temporary: String, with bytes: [UInt8]) throws(TokenSourceError) {
    let file = try Descriptor(opening: temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    if let original {
      // The owner first: a change of owner takes mode bits away.
      let made = try file.status()
      if made.st_uid != original.status.st_uid || made.st_gid != original.status.st_gid {
        try file.setOwner(original.status.st_uid, original.status.st_gid)
      }
      try file.setMode(original.status.st_mode & 0o7777)
    } else {
      let group = try Folder.status(of: folder).st_gid
      // Whoever is not in that group keeps their own: the file is theirs alone then, which is safe.
      try? file.setOwner(uid_t.max, group)
      try file.setMode(newMode)
    }
    try file.write(bytes)
    try file.synchronize()
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
