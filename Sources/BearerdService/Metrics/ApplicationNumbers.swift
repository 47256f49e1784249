import BearerAuth
import Synchronization

/// A number for each application, for the life of the process: a check counts in a row of fixed length, and an
/// application that comes back goes on counting where it was.
///
/// So that nobody's token file makes the rows endless, only the first thousand have a number of their own.
final class ApplicationNumbers: Sendable {
  /// Where there is no application: a caller that nobody knows.
  static let none: UInt16 = 0
  /// All applications beyond the first thousand.
  static let others: UInt16 = 1
  /// How many numbers there are.
  static let count = 2 + 1000

  private struct State {
    /// No application can be called `_other`: names begin with a letter or digit.
    var names = ["", "_other"]
    var numbers: [String: UInt16] = [:]

    mutating func number(of name: String) -> UInt16 {
      if let known = numbers[name] { return known }
      guard names.count < ApplicationNumbers.count else { return ApplicationNumbers.others }
      let number = UInt16(names.count)
      names.append(name)
      numbers[name] = number
      return number
    }
  }

  private let state = Mutex(State())

  /// The names, by number.
  var names: [String] { state.withLock(\.names) }

  /// The number of each token's application, with those that are new numbered in the order in which they come.
  func numbers(of tokens: [Token]) -> [UInt16] {
    state.withLock { state in
      var last = (name: "", number: ApplicationNumbers.none)
      return tokens.map { token in
        // Neighbours are most often alike.
        if token.application != last.name { last = (token.application, state.number(of: token.application)) }
        return last.number
      }
    }
  }

  /// The number of an application that has tokens.
  func number(of application: String) -> UInt16 {
    state.withLock { $0.numbers[application] ?? ApplicationNumbers.others }
  }
}
