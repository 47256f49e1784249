import ArgumentParser
import BearerAuth
import BearerdService
import Glibc

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
    return token.isExpired(at: now) ? "-" : DurationText.text(token.expires.seconds - now.seconds)
  }

  private func state(of token: Token, at now: Instant) -> String {
    token.isExpired(at: now) ? "expired" : token.isNotYetValid(at: now) ? "not yet valid" : "active"
  }

  private func list(_ items: [some CustomStringConvertible]?) -> String? {
    items?.map(\.description).joined(separator: ",")
  }
}

/// When the keys of an application were last used, by the daemon's account: what makes it safe to take one back.
struct LastUses {
  private let report: StatusReport

  /// Asks the daemon. Nil where none answers on the usual socket, or where it reads other tokens: then nothing is
  /// known. Where somebody said which daemon to ask, they are told why.
  init?(of application: String, in tokens: String, from daemon: DaemonOption) {
    do throws(Failure) {
      report = try daemon.report(of: application, timeout: 1000)
      guard TokenSource(path: tokens).isSame(as: report.tokens.path) else {
        throw Failure(
          "the daemon reads \(report.tokens.path.shortened(to: 1000).printable), not \(tokens.printable)")
      }
    } catch {
      if daemon.listen != nil { Console.note("When it was last used is not known: \(error.message).") }
      return nil
    }
  }

  /// `was last used 3 minutes ago from 192.0.2.7`
  func sentence(about token: Token) -> String {
    guard let key = key(of: token), let used = key.lastUsed else {
      return "was not used since the daemon was started \(DurationText.text(Int64(report.uptime))) ago"
    }
    let place = key.lastUsedFrom.map { " from \($0.shortened(to: 100).printable)" } ?? ""
    return "was last used \(DurationText.text(max(0, report.now.seconds - used.seconds))) ago\(place)"
  }

  /// Whether the token was used since the daemon was started.
  func isUsed(_ token: Token) -> Bool { key(of: token)?.lastUsed != nil }

  private func key(of token: Token) -> StatusReport.Key? {
    report.keys.first { $0.key == token.key && (token.key != nil || $0.line == token.line) }
  }
}

/// What the commands share that take a token back.
struct TakingBack: ParsableArguments {
  @OptionGroup var daemon: DaemonOption

  @Flag(help: "Do not ask, not even on a terminal.")
  var yes = false

  /// Says when the tokens were last used, and asks where somebody is there to answer.
  /// - Parameter tokens: those that are about to end.
  func confirm(_ tokens: [Token], by uses: LastUses?, _ action: String) throws(Failure) {
    guard let uses else { return }
    for token in tokens { Console.note("\(name(of: token)) \(uses.sentence(about: token)).") }
    guard tokens.contains(where: uses.isUsed), !yes, Console.hasSomebody else { return }
    guard Console.confirms("\(action) anyway?") else { throw Failure("broken off; nothing was changed") }
  }
}
