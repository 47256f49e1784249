import Foundation
import Testing

@testable import BearerAuth

/// A folder of its own for one test, gone with its last reference.
final class Scratch {
  let path: String

  init() throws {
    let template = FileManager.default.temporaryDirectory.path + "/bearerd-test-XXXXXX"
    var bytes = Array(template.utf8CString)
    path = String(cString: try #require(mkdtemp(&bytes)))
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file with a mode, 0640 if not said otherwise, and gives its path.
  @discardableResult
  func write(_ text: String, to name: String = "tokens", mode: mode_t = 0o640) throws -> String {
    let file = "\(path)/\(name)"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    #expect(chmod(file, mode) == 0)
    return file
  }

  func read(_ name: String = "tokens") throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
  }

  func status(_ name: String = "tokens") -> stat {
    var status = stat()
    stat("\(path)/\(name)", &status)
    return status
  }
}

/// Runs a program to its end, which must be a good one, and gives what it printed.
@discardableResult
func run(_ command: String...) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let bytes = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(command)")
  return String(decoding: bytes, as: UTF8.self)
}

/// A line for a secret of that name.
func line(_ application: String, _ secret: String, _ options: String = "") throws -> String {
  let digest = try #require(try DigestContext().digest(of: secret.utf8.span))
  return "\(application) sha256:\(digest.hex)\(options.isEmpty ? "" : " ")\(options)\n"
}

func token(_ application: String, _ secret: String, key: String? = nil) throws -> Token {
  let digest = try #require(try DigestContext().digest(of: secret.utf8.span))
  return Token(digest: digest, application: application, key: key)
}

/// Asks until the answer is yes, for a limited time.
func eventually(seconds: Double = 10, _ condition: () throws -> Bool) rethrows -> Bool {
  let end = Date(timeIntervalSinceNow: seconds)
  while Date() < end {
    if try condition() { return true }
    usleep(10_000)
  }
  return try condition()
}

/// A digest for each number, as evenly spread as real ones.
func digest(_ number: Int) throws -> Digest {
  try #require(try DigestContext().digest(of: "\(number)".utf8.span))
}
