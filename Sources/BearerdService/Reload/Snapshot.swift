import BearerAuth

/// What all loops decide by and count in, until the tokens change.
///
/// What it holds is shared; the object itself is not: each loop has one of its own, since loops that shared one would
/// fight over its reference count at every check.
final class Snapshot: Sendable {
  let policy: Policy
  /// The number of each token's application.
  let applications: [UInt16]
  let usage: KeyUsage
  let selection: KeySelection

  init(_ policy: Policy, numbers: ApplicationNumbers) {
    self.policy = policy
    applications = numbers.numbers(of: policy.tokens)
    usage = KeyUsage(count: policy.tokens.count)
    selection = KeySelection()
  }

  /// Another object with the same contents.
  init(sharing other: Snapshot) {
    policy = Policy(sharing: other.policy)
    applications = other.applications
    usage = other.usage
    selection = other.selection
  }

  /// The tokens that an operator is shown, in their order.
  func shownKeys() -> [(token: Token, lastUse: KeyUsage.Use?)] {
    selection.numbers(of: policy.tokens.count, usage: usage).map {
      (policy.tokens[$0], usage.lastUse(of: $0))
    }
  }

  /// Goes on with the uses of the snapshot before, by the hashes of the tokens.
  func adoptUsage(of before: Snapshot) {
    usage.adopt(before.usage) { policy.number(matching: before.policy.tokens[$0].digest) }
  }
}
