import ArgumentParser
import BearerAuth
import BearerdService

/// `bearerd token revoke APP`
struct RevokeToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Revoke a token: its line is removed.",
    discussion: """
      When this exits with 0, the daemon denies the token; a web server's cache may take longer. If the daemon is \
      running, this shows when the token was last used, and on a terminal asks before it revokes a used one.
      """)

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var source: TokensOption

  @OptionGroup var choice: KeyOption
  @OptionGroup var revocation: Revocation

  @Flag(help: "All tokens of the application.")
  var all = false

  func validate() throws {
    guard choice.key == nil || !all else { throw ValidationError("--key and --all exclude each other") }
  }

  func perform() throws {
    // Asked before the edit, which holds a lock that other edits wait for: the answer may take long.
    let editor = TokenFileEditor(path: source.tokens)
    let uses = LastUses(of: subject.application, in: source.tokens, from: revocation.daemon)
    if uses != nil { try revocation.confirm(editor.inspect { try choose(from: $0) }, by: uses, "Revoke") }
    let (names, left) = try editor.edit { edit in
      let tokens = try choose(from: edit)
      edit.remove(tokens)
      return (edit.names(of: tokens), edit.current.tokens.count - tokens.count)
    }
    try Confirmation(tokens: source.tokens, daemon: revocation.daemon) {
      "\(subject.application) \(names) is removed from \(source.tokens), but \($0) still accepts it"
    }.await()
    Console.note("\(subject.application): revoked \(names).")
    if left == 0 { Console.note("\(source.tokens) has no tokens left; every request will now be denied.") }
  }

  private func choose(from edit: TokenEdit) throws(Failure) -> [Token] {
    let tokens = try edit.tokens(of: subject.application, key: choice.key)
    guard all || tokens.count == 1 else {
      throw .usage(
        "\(subject.application) has several tokens; say which with --key, or --all: \(edit.names(of: tokens))"
      )
    }
    return tokens
  }
}
