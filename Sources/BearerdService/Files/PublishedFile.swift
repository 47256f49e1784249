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
  package var exists: Bool { (try? Folder.status(of: path)) != nil }

  /// The whole content.
  package func read() throws(PublishedFileError) -> [UInt8] {
    do throws(TokenSourceError) { return try text().bytes } catch { throw PublishedFileError(error) }
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
    } catch let error as TokenSourceError {
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
    } catch let error as TokenSourceError {
      throw PublishedFileError(error)
    }
  }

  private func text() throws(TokenSourceError) -> FileText {
    let text = try FileText(reading: path, limit: PublishedFile.maximumSize)
    guard text.isRegular else { throw .system(operation: "read", path: path, code: EISDIR) }
    return text
  }
}

/// Why a published file could not be read or written.
package struct PublishedFileError: Error, CustomStringConvertible {
  /// For who named it, with the fix where one is known.
  package let description: String
  /// errno, where a system call failed.
  package let code: Int32?

  init(_ error: TokenSourceError) {
    guard case .system(let operation, let path, let code) = error else {
      self.code = nil
      description =
        if case .noFolder(let path) = error {
          "cannot make \(path.printable): its folder does not exist; `install -d \(Folder.split(path).folder.printable)` makes it"
        } else {
          error.description
        }
      return
    }
    self.code = code
    let fix =
      switch code {
      case EISDIR: "; name a plain file"
      case EACCES: "; run this as its owner"
      case EFBIG: "; at most \(PublishedFile.maximumSize >> 20) MiB are read"
      case ENOENT: ""
      default: TokenSourceError.fix(for: code, path)
      }
    description = "cannot \(operation) \(path.printable): \(String(cString: strerror(code)))\(fix)"
  }
}
