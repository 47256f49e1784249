import ArgumentParser
import BearerAuth
import BearerdService

/// `bearerd token list`
struct ListTokens: Command {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List all tokens: whose they are, what restricts them, how long they live."
  )

  @OptionGroup var source: TokensOption

  @Flag(help: "A JSON array with an object a token, for programs.")
  var json = false

  func perform() throws {
    let loaded = try source.load()
    let now = Instant.now
    if json {
      let objects = loaded.tokens.map { "  \(object($0, in: loaded.files[$0.file], at: now))" }
      try Console.print(objects.isEmpty ? "[]" : "[\n\(objects.joined(separator: ",\n"))\n]")
    } else {
      try Console.print(table(loaded.tokens, at: now).description)
    }
  }

  private func table(_ tokens: [Token], at now: Instant) -> Table {
    var table = Table(header: ["APPLICATION", "KEY", "CREATED", "EXPIRES IN", "SCOPES", "FROM", "STATE"])
    for token in tokens {
      table.append([
        token.application, token.key ?? "-", token.created.map { String($0.description.prefix(10)) } ?? "-",
        timeLeft(of: token, at: now), list(token.scopes) ?? "all", list(token.origins) ?? "anywhere",
        state(of: token, at: now),
      ])
    }
    return table
  }

  /// The field names are a promise; null where the line does not say.
  private func object(_ token: Token, in file: String, at now: Instant) -> JSON {
    func instant(_ value: Instant?, unless absent: Instant? = nil) -> JSON {
      value.flatMap { $0 == absent ? nil : .string($0.description) } ?? .null
    }
    func names(_ values: [some CustomStringConvertible]?) -> JSON {
      values.map { .list($0.map { .string($0.description) }) } ?? .null
    }
    return .object([
      "application": .string(token.application), "key": token.key.map { .string($0) } ?? .null,
      "created": instant(token.created), "notBefore": instant(token.notBefore, unless: .distantPast),
      "expires": instant(token.expires, unless: .distantFuture), "scopes": names(token.scopes),
      "from": names(token.origins), "state": .string(state(of: token, at: now)), "file": .string(file),
      "line": .number(token.line),
    ])
  }

  private func timeLeft(of token: Token, at now: Instant) -> String {
    guard token.expires != .distantFuture else { return "never" }
    return token.isExpired(at: now) ? "-" : Duration.text(token.expires.seconds - now.seconds)
  }

  private func state(of token: Token, at now: Instant) -> String {
    token.isExpired(at: now) ? "expired" : token.isNotYetValid(at: now) ? "not yet valid" : "active"
  }

  private func list(_ items: [some CustomStringConvertible]?) -> String? {
    items?.map(\.description).joined(separator: ",")
  }
}
