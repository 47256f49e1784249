import BearerAuth
import CLinux
import Glibc

/// Tells when the tokens may have changed, by inotify(7): a rename over the file, a write that was closed, a link
/// that points elsewhere, a file of the folder that came or went.
///
/// Nothing is watched but folders, so that a file that does not exist yet is seen to come.
final class FileWatch {
  /// Readable while there is something to look at.
  let descriptor: Int32
  /// What could not be watched; only a SIGHUP tells of changes there.
  private(set) var failures: [SystemFailure] = []
  private var folders: [Int32: (path: String, names: Set<String>)] = [:]
  private let isFolder: Bool
  /// What somebody has begun to write: it may be half, until it is closed.
  private var unfinished: Set<String> = []
  private var buffer = [UInt8](repeating: 0, count: 16 * 1024)

  /// A folder that cannot be watched, and why.
  struct SystemFailure: Equatable {
    var folder: String
    var code: Int32
  }

  init?(_ path: String) {
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
    isFolder = (try? Folder.status(of: path)).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    // Each link on the way is a name in a folder, and may be swapped there: Kubernetes swaps `..data`.
    var hop = path
    for _ in 0..<16 {
      let (folder, name) = Folder.split(hop)
      watch(folder, for: name)
      guard let next = FileWatch.link(hop) else { break }
      hop = next.hasPrefix("/") ? next : "\(folder)/\(next)"
    }
    if let target = try? Folder.target(of: path) {
      let (folder, name) = Folder.split(target)
      if isFolder { watch(target, for: nil) } else { watch(folder, for: name) }
    }
    // A link in the middle of the path: its folder holds it under the name of a part.
    watch(Folder.split(path).folder, for: "..data")
  }

  deinit { close(descriptor) }

  /// Takes all events that wait. Whether the tokens should be read again now: something has changed, and nobody
  /// is known to be in the middle of writing.
  func takeChange() -> Bool {
    var hasChanged = false
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      var offset = 0
      while offset + MemoryLayout<inotify_event>.size <= count {
        let event = buffer.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        }
        let start = offset + MemoryLayout<inotify_event>.size
        let name = String(decoding: buffer[start..<start + Int(event.len)].prefix { $0 != 0 }, as: UTF8.self)
        hasChanged = note(event, name) || hasChanged
        offset = start + Int(event.len)
      }
    }
    return hasChanged && !isUnfinished
  }

  /// Whether somebody is known to be in the middle of writing.
  var isUnfinished: Bool { !unfinished.isEmpty }

  /// Whether this event may have changed the tokens.
  private func note(_ event: inotify_event, _ name: String) -> Bool {
    // The queue ran over, or a folder itself has gone: look again.
    let lost = UInt32(IN_Q_OVERFLOW) | UInt32(IN_IGNORED) | UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF)
    if event.mask & lost != 0 {
      unfinished = []
      return true
    }
    guard let folder = folders[event.wd]?.path, concerns(name, in: event.wd) else { return false }
    let file = "\(folder)/\(name)"
    if event.mask & UInt32(IN_MODIFY) != 0 || event.mask & UInt32(IN_CREATE) != 0 && !isLink(file) {
      unfinished.insert(file)
      return false
    }
    // A change of mode or owner ends no writing.
    if event.mask & UInt32(IN_ATTRIB) == 0 { unfinished.remove(file) }
    return true
  }

  /// A link is made whole; any other new file is written next, and then closed.
  private func isLink(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return true }
    return status.st_mode & S_IFMT != S_IFREG || status.st_nlink > 1
  }

  private func concerns(_ name: String, in watch: Int32) -> Bool {
    if folders[watch]?.names.contains(name) == true { return true }
    return isFolder && (name.hasSuffix(TokenSource.suffix) && !name.hasPrefix(".") || name == "..data")
  }

  private func watch(_ folder: String, for name: String?) {
    let mask =
      UInt32(IN_CLOSE_WRITE) | UInt32(IN_MODIFY) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM)
      | UInt32(IN_DELETE)
      | UInt32(IN_CREATE) | UInt32(IN_ATTRIB) | UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF)
      | UInt32(IN_ONLYDIR)
    let number = inotify_add_watch(descriptor, folder, mask)
    guard number >= 0 else {
      failures.append(SystemFailure(folder: folder, code: errno))
      return
    }
    folders[number, default: (folder, [])].names.formUnion(name.map { [$0] } ?? [])
  }

  private static func link(_ path: String) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &target, target.count)
    return count > 0 ? String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}
