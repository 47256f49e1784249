import ArgumentParser
import BearerAuth
import BearerdService

/// `bearerd token revoke APP`
struct RevokeToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Take a token back: its line is removed.",
    discussion: """
      The daemon refuses the token when this ends with 0; a web server's own cache may take longer. Where the daemon \
      answers, you are told when the token was last used, and on a terminal asked before a used one is taken back.
      """)

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var source: TokensOption

  @OptionGroup var choice: KeyOption
  @OptionGroup var takingBack: TakingBack

  @Flag(help: "All tokens of the application.")
  var all = false

  func validate() throws {
    guard choice.key == nil || !all else { throw ValidationError("--key and --all exclude each other") }
  }

  func perform() throws {
    // Asked before the edit, which holds a lock that others wait for; whoever answers may take long.
    let editor = TokenFileEditor(path: source.tokens)
    let uses = LastUses(of: subject.application, in: source.tokens, from: takingBack.daemon)
    if uses != nil { try takingBack.confirm(editor.look { try choose(from: $0) }, by: uses, "Revoke") }
    let (names, left) = try editor.edit { edit in
      let tokens = try choose(from: edit)
      edit.remove(tokens)
      return (edit.names(of: tokens), edit.current.tokens.count - tokens.count)
    }
    try Confirmation(tokens: source.tokens, daemon: takingBack.daemon) {
      "\(subject.application) \(names) is removed from \(source.tokens), but \($0) still accepts it"
    }.await()
    Console.note("\(subject.application): revoked \(names).")
    if left == 0 { Console.note("No tokens are left in \(source.tokens): every door is shut.") }
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
