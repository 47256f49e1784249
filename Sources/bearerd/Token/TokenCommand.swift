import ArgumentParser

/// `bearerd token`: makes, replaces, takes back, lists and explains tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make, replace, take back, list and explain tokens.",
    discussion: "The daemon sees every change by itself, within a second.",
    subcommands: [
      NewToken.self, AddToken.self, RotateToken.self, RevokeToken.self, ListTokens.self, ExplainToken.self,
    ])
}
