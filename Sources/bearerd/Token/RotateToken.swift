import ArgumentParser
import BearerAuth
import BearerdService

/// `bearerd token rotate APP`
struct RotateToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Create a replacement token; the old one expires soon after.",
    discussion: """
      Creates a replacement token with the same scopes, addresses and lifetime. The lifetime is from created= to \
      expires= of the old one. The old one keeps working for a while, so that both work until the application has \
      switched. If the daemon is running, this shows when the old one was last used.
      """)

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var source: TokensOption

  @OptionGroup var choice: KeyOption
  @OptionGroup var revocation: Revocation

  // As text, because the help shows the default as written.
  @Option(help: ArgumentHelp("How long the old token stays valid; 0 expires it now.", valueName: "time"))
  var keep = "7d"

  @Option(
    help: ArgumentHelp(
      "When the new token expires. (default: after the lifetime of the old one)", valueName: "when"),
    transform: PointInTime.init(parsing:))
  var expires: PointInTime?

  func validate() throws {
    _ = try overlap()
  }

  func perform() throws {
    guardSecrets()
    let now = Instant.now
    let overlap = try overlap()
    var secret = Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    defer { secret.wipe() }
    let digest = try hash(secret)

    let editor = source.editor(for: Self.self)
    let uses = LastUses(of: subject.application, in: source.tokens, from: revocation.daemon)
    if overlap == 0, let uses {
      try revocation.confirm([editor.inspect { try choose(from: $0, at: now) }], by: uses, "Expire it")
    }
    let (new, old, oldName, oldEnd) = try editor.edit(showing: secret) { edit in
      let old = try choose(from: edit, at: now)
      let end = min(old.expires, now.advanced(by: overlap))
      let new = old.replacement(
        digest: digest, key: try edit.unusedKey(of: subject.application), created: now,
        expires: try newEnd(after: old, at: now))
      if end < old.expires { edit.setExpires(end, of: old) }
      edit.append(new, beside: old)
      return (new, old, edit.names(of: [old]), end)
    }

    Console.note("\(name(of: new)) is in \(source.tokens) and \(ending(new.expires, at: now)).")
    Console.note("The old token, \(oldName), \(ending(oldEnd, at: now)).")
    if overlap > 0, let uses { Console.note("It \(uses.sentence(about: old)).") }
    try Confirmation(tokens: source.tokens, daemon: revocation.daemon) {
      "\(source.tokens) is changed, but \($0) still accepts the old token only"
    }.await()
  }

  /// The only valid token, or the one with the key. Not a disabled one: its replacement would be valid.
  private func choose(from edit: TokenEdit, at now: Instant) throws(Failure) -> Token {
    let tokens = try edit.tokens(of: subject.application, key: choice.key)
    let live = tokens.filter { !$0.isExpired(at: now) && !$0.isDisabled }
    if live.count == 1 { return live[0] }
    guard !live.isEmpty else {
      throw Failure("\(subject.application) has no valid token; use `bearerd token new`")
    }
    throw .usage("\(subject.application) has several tokens; say which with --key: \(edit.names(of: live))")
  }

  private func newEnd(after old: Token, at now: Instant) throws(Failure) -> Instant {
    if let expires {
      let end = expires.instant(at: now)
      guard end > now else { throw .usage("--expires is in the past; the token would never be valid") }
      guard end > old.notBefore else {
        throw .usage("--expires is not after the token's not-before=; the new token would never be valid")
      }
      return end
    }
    guard old.expires != .distantFuture else { return .distantFuture }
    guard let created = old.created, created < old.expires else {
      throw .usage(
        "the old token's line has no created=, so its lifetime is unknown; use --expires 90d")
    }
    return now.advanced(by: old.expires.seconds - created.seconds)
  }

  /// How long both tokens are valid, in seconds.
  private func overlap() throws -> Int64 {
    guard let seconds = DurationText.seconds(keep) else {
      throw ValidationError("--keep \(keep) is not a duration; use 7d, 12h, 30m or 0")
    }
    return seconds
  }
}
