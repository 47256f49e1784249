import Foundation
import Testing

/// A folder of its own for one test, gone with its last reference.
final class Scratch: Sendable {
  let path: String

  init() throws {
    var template = Array("\(FileManager.default.temporaryDirectory.path)/bearerd-test-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    // A web server's workers, who may be another user, must get through.
    chmod(path, 0o711)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Where most tests keep their tokens.
  var tokens: String { "\(path)/tokens" }

  func write(_ text: String, to name: String = "tokens", mode: mode_t = 0o640) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
    try #require(chmod("\(path)/\(name)", mode) == 0)
  }

  func read(_ name: String = "tokens") throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  /// The lines of the token file that are no comments.
  func lines() throws -> [String] {
    try read().split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
  }

  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

/// A hash nobody has the secret of.
func hash(_ digit: Character) -> String {
  "sha256:" + String(repeating: digit, count: 64)
}
