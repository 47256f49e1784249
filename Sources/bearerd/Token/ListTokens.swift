import ArgumentParser
import BearerAuth
import BearerdService
import Glibc

/// `bearerd token list`
struct ListTokens: Command {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List all tokens with their applications, restrictions and expiry."
  )

  @OptionGroup var source: TokensOption

  @Flag(help: "Print a JSON array with an object per token, for programs.")
  var json = false

  /// The order of the tokens.
  enum Order: String, ExpressibleByArgument {
    /// As in the files.
    case file
    /// Those that expire first at the top, those that never expire at the end.
    case expires
  }

  @Option(help: "The order: file, as in the file, or expires, the next expiry first.")
  var sort = Order.file

  func perform() throws {
    let loaded = try source.load()
    let now = Instant.now
    let tokens =
      switch sort {
      case .file: loaded.tokens
      // The sort is stable.
      case .expires: loaded.tokens.sorted { $0.expires < $1.expires }
      }
    if json {
      let objects = tokens.map { "  \(object($0, in: loaded.files[$0.file], at: now))" }
      try Console.print(objects.isEmpty ? "[]" : "[\n\(objects.joined(separator: ",\n"))\n]")
    } else {
      try Console.print(table(tokens, at: now).description)
    }
  }

  private func table(_ tokens: [Token], at now: Instant) -> Table {
    let hasNotes = tokens.contains { $0.note != nil }
    var table = Table(
      header: ["APPLICATION", "KEY", "CREATED", "EXPIRES IN", "SCOPES", "FROM", "STATE"]
        + (hasNotes ? ["NOTE"] : []))
    for token in tokens {
      let row = [
        token.application, token.key ?? "-", token.created.map { String($0.description.prefix(10)) } ?? "-",
        timeLeft(of: token, at: now), list(token.scopes) ?? "all", list(token.origins) ?? "anywhere",
        state(of: token, at: now),
      ]
      table.append(row + (hasNotes ? [token.note?.description ?? "-"] : []))
    }
    return table
  }

  /// The field names are stable; null if the line does not have the option.
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
      "from": names(token.origins), "note": token.note.map { .string($0.description) } ?? .null,
      "state": .string(state(of: token, at: now)), "file": .string(file),
      "line": .number(token.line),
    ])
  }

  private func timeLeft(of token: Token, at now: Instant) -> String {
    guard token.expires != .distantFuture else { return "never" }
    return token.isExpired(at: now) ? "-" : DurationText.text(token.expires.seconds - now.seconds)
  }

  private func state(of token: Token, at now: Instant) -> String {
    token.isDisabled
      ? "disabled"
      : token.isExpired(at: now) ? "expired" : token.isNotYetValid(at: now) ? "not yet valid" : "active"
  }

  private func list(_ items: [some CustomStringConvertible]?) -> String? {
    items?.map(\.description).joined(separator: ",")
  }
}

/// When the keys of an application were last used, as reported by the daemon: shows whether one can be revoked
/// safely.
struct LastUses {
  private let report: StatusReport

  /// Requests the report of the daemon. Nil if none is running on the default socket, or if it reads other
  /// tokens. If the administrator gave its address, a note says why.
  init?(of application: String, in tokens: String, from daemon: DaemonOption) {
    do throws(Failure) {
      report = try daemon.report(of: application, timeout: 1000)
      guard TokenSource(path: tokens).isSame(as: report.tokens.path) else {
        throw Failure(
          "the daemon reads \(report.tokens.path.shortened(to: 1000).printable), not \(tokens.printable)")
      }
    } catch {
      if daemon.listen != nil { Console.note("It is not known when it was last used: \(error.message).") }
      return nil
    }
  }

  /// `was last used 3 minutes ago from 192.0.2.7`
  func sentence(about token: Token) -> String {
    guard let key = key(of: token), let used = key.lastUsed else {
      return "was not used since the daemon started \(DurationText.text(Int64(report.uptime))) ago"
    }
    let place = key.lastUsedFrom.map { " from \($0.shortened(to: 100).printable)" } ?? ""
    return "was last used \(DurationText.text(max(0, report.now.seconds - used.seconds))) ago\(place)"
  }

  /// Whether the token was used since the daemon started.
  func isUsed(_ token: Token) -> Bool { key(of: token)?.lastUsed != nil }

  private func key(of token: Token) -> StatusReport.Key? {
    report.keys.first { $0.key == token.key && (token.key != nil || $0.line == token.line) }
  }
}

/// The options of the commands that revoke a token.
struct Revocation: ParsableArguments {
  @OptionGroup var daemon: DaemonOption

  @Flag(help: "Do not ask, not even on a terminal.")
  var yes = false

  /// Prints when the tokens were last used, and asks for confirmation on a terminal.
  /// - Parameter tokens: those that are about to be revoked.
  func confirm(_ tokens: [Token], by uses: LastUses, _ action: String) throws(Failure) {
    for token in tokens { Console.note("\(name(of: token)) \(uses.sentence(about: token)).") }
    guard tokens.contains(where: uses.isUsed), !yes, Console.isInteractive else { return }
    guard Console.confirms("\(action) anyway?") else { throw Failure("cancelled; nothing was changed") }
  }
}
