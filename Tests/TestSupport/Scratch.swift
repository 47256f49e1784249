import Foundation
import Testing

/// A directory for one test, gone with its last reference.
package final class Scratch: Sendable {
  package let path: String

  package init() throws {
    var template = Array("\(FileManager.default.temporaryDirectory.path)/bearerd-test-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    // A web server's workers, who may be another user, must get through.
    chmod(path, 0o711)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Where most tests keep their tokens.
  package var tokens: String { "\(path)/tokens" }

  /// Writes a file, and gives its path.
  @discardableResult
  package func write(_ text: String, to name: String = "tokens", mode: mode_t = 0o640) throws -> String {
    let file = "\(path)/\(name)"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    try #require(chmod(file, mode) == 0)
    return file
  }

  package func read(_ name: String = "tokens") throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  /// The lines of the token file that are no comments.
  package func lines() throws -> [String] {
    try read().split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
  }

  package func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  package func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
  }

  package func status(_ name: String = "tokens") -> stat {
    var status = stat()
    stat("\(path)/\(name)", &status)
    return status
  }
}

/// A hash nobody has the secret of.
package func hash(_ digit: Character) -> String {
  "sha256:" + String(repeating: digit, count: 64)
}
