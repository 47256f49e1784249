import ArgumentParser
import BearerAuth
import BearerdService

/// `bearerd token revoke APP`
struct RevokeToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Take a token back: its line is removed.",
    discussion: "The daemon refuses the token within a second; a web server's own cache may take longer.")

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var source: TokensOption

  @OptionGroup var choice: KeyOption

  @Flag(help: "All tokens of the application.")
  var all = false

  func validate() throws {
    guard choice.key == nil || !all else { throw ValidationError("--key and --all exclude each other") }
  }

  func perform() throws {
    let (names, left) = try TokenFileEditor(path: source.tokens).edit { edit in
      let tokens = try edit.tokens(of: subject.application, key: choice.key)
      let names = edit.names(of: tokens)
      guard all || tokens.count == 1 else {
        throw Failure.usage(
          "\(subject.application) has several tokens; say which with --key, or --all: \(names)")
      }
      edit.remove(tokens)
      return (names, edit.current.tokens.count - tokens.count)
    }
    Console.note("\(subject.application): revoked \(names).")
    if left == 0 { Console.note("No tokens are left in \(source.tokens): every door is shut.") }
  }
}
