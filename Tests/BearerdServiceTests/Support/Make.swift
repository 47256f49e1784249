import Foundation
import Testing

@testable import BearerAuth

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

/// A digest for each number, as evenly spread as real ones.
func digest(_ number: Int) throws -> Digest {
  try #require(try DigestContext().digest(of: "\(number)".utf8.span))
}
