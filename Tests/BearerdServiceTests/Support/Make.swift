import Foundation
import TestSupport
import Testing

@testable import BearerAuth

/// Runs a program to its end, which must be a good one, and gives what it printed.
@discardableResult
func run(_ command: String...) throws -> String {
  // Not Foundation's Process, which leaks now and then.
  let outcome = try Bearerd.start(command).wait()
  try #require(outcome.code == 0, "\(command)")
  return outcome.output
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
