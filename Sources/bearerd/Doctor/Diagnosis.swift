import ArgumentParser
import BearerAuth

/// What the doctor sees, said as it goes; and what to write where something is wrong.
struct Diagnosis {
  private var wrongs = 0

  init(of patient: String) throws(Failure) {
    try Console.print(patient.printable)
  }

  /// As it must be.
  func ok(_ text: String) throws(Failure) { try line("ok", text) }

  /// Neither right nor wrong by itself.
  func note(_ text: String) throws(Failure) { try line("note", text) }

  /// Not as it must be.
  /// - Parameters:
  ///   - text: what was seen.
  ///   - meaning: what it means.
  ///   - remedy: what to write into which file.
  mutating func wrong(_ text: String, _ meaning: String, _ remedy: [String] = []) throws(Failure) {
    wrongs += 1
    try line("wrong", text)
    try line("", meaning)
    for fix in remedy { try line("", "-> \(fix)") }
  }

  /// Says how it went.
  func finish() throws {
    guard wrongs == 0 else {
      try Console.print(wrongs == 1 ? "1 finding" : "\(wrongs) findings")
      throw ExitCode.failure
    }
    try Console.print("All is well.")
  }

  private func line(_ word: String, _ text: String) throws(Failure) {
    let padding = String(repeating: " ", count: 7 - word.count)
    try Console.print("  \(word)\(padding)\(text.printable)")
  }
}
