import BearerAuth
import Glibc

/// A file that everybody may read: a manifest, or what it names. Edited as safely as the tokens are.
package struct PublishedFile: Sendable {
  /// As it was named.
  package let path: String

  /// The largest that is read, in bytes; the largest OpenAPI files that are known have half of it.
  package static let maximumSize = 16 << 20

  /// Nothing is looked at before it is read.
  package init(path: String) {
    self.path = path
  }

  /// Whether a file is there.
  package var exists: Bool { (try? Directory.status(of: path)) != nil }

  /// The whole content.
  package func read() throws(PublishedFileError) -> [UInt8] {
    do throws(FileError) { return try text().bytes } catch { throw PublishedFileError(error) }
  }

  /// Puts what `change` makes of the content in its place, at once or not at all.
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

  /// Writes a new file, which everybody may read; false where one is there already, and stays.
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

  /// For the administrator, with the fix if one is known.
  package var description: String {
    error.description { code, _ in
      switch code {
      case EISDIR: "; name a plain file"
      case EACCES: "; run this as its owner"
      case EFBIG: "; at most \(PublishedFile.maximumSize >> 20) MiB are read"
      default: nil
      }
    }
  }

  /// errno, if a system call failed.
  package var code: Int32? { if case .system(_, _, let code) = error { code } else { nil } }
}
