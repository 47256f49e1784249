import BearerAuth
import Glibc

/// A public file: a manifest, or a file that it names. Edited as safely as the token file.
package struct PublishedFile: Sendable {
  /// The path as given.
  package let path: String

  /// The largest file that is read, in bytes; the largest known OpenAPI files have half of it.
  package static let maximumSize = 16 << 20

  /// Does not access the file.
  package init(path: String) {
    self.path = path
  }

  /// Whether the file exists.
  package var exists: Bool { (try? Directory.status(of: path)) != nil }

  package func read() throws(PublishedFileError) -> [UInt8] {
    do throws(FileError) { return try text().bytes } catch { throw PublishedFileError(error) }
  }

  /// Replaces the content with the result of `change`, atomically.
  package func edit(_ change: ([UInt8]) throws -> [UInt8]) throws {
    do {
      try Editing.run(at: path) {
        let original = try text()
        let changed = try change(original.bytes)
        guard changed != original.bytes else { return () }
        let replacement = try Replacement(of: path, was: original)
        return try replacement.prepare(changed) && replacement.place() ? () : nil
      }
    } catch let error as FileError {
      throw PublishedFileError(error)
    }
  }

  /// Writes a new file with mode 0644; false if the file exists, which is then not changed.
  package func create(_ bytes: [UInt8]) throws -> Bool {
    do {
      return try Editing.run(at: path) {
        guard !exists else { return false }
        let replacement = try Replacement(of: path, was: nil, mode: 0o644)
        return try replacement.prepare(bytes) && replacement.place() ? true : nil
      }
    } catch let error as FileError {
      throw PublishedFileError(error)
    }
  }

  private func text() throws(FileError) -> FileText {
    let text = try FileText(reading: path, limit: PublishedFile.maximumSize)
    guard text.isRegular else { throw .system(operation: "read", path: path, code: EISDIR) }
    return text
  }
}

/// Why a published file could not be read or written.
package struct PublishedFileError: Error, CustomStringConvertible {
  private let error: FileError

  init(_ error: FileError) { self.error = error }

  /// A message for the administrator, with the fix if one is known.
  package var description: String {
    error.description { code, _ in
      switch code {
      case EISDIR: "; give a regular file"
      case EACCES: "; run this as the file's owner"
      case EFBIG: "; the limit is \(PublishedFile.maximumSize >> 20) MiB"
      default: nil
      }
    }
  }

  /// The errno, if a system call failed.
  package var code: Int32? { if case .system(_, _, let code) = error { code } else { nil } }
}
