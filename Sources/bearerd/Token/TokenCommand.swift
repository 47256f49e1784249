import ArgumentParser

/// `bearerd token`: makes, replaces, takes back, lists and explains tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make, replace, take back, list and explain tokens.",
    discussion:
      "The daemon reads every change by itself; where it answers, a command that changes something waits for that.",
    subcommands: [
      NewToken.self, AddToken.self, RotateToken.self, RevokeToken.self, ListTokens.self, ExplainToken.self,
    ])
}
