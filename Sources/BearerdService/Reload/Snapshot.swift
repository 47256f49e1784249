import BearerAuth

/// What all loops decide by and count in, until the tokens change.
struct Snapshot: Sendable {
  let policy: Policy
  /// The number of each token's application.
  let applications: [UInt16]
  let usage: KeyUsage
  let selection = KeySelection()

  init(_ policy: Policy, numbers: ApplicationNumbers) {
    self.policy = policy
    applications = numbers.numbers(of: policy.tokens)
    usage = KeyUsage(count: policy.tokens.count)
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
