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

  @OptionGroup var selection: TokenSelection
  @OptionGroup var revocation: Revocation

  func perform() throws {
    let editor = source.editor(for: Self.self)
    try revocation.confirm("Revoke", selection, of: subject.application, in: editor)
    let (names, left) = try editor.edit { edit in
      let tokens = try selection.tokens(of: subject.application, in: edit)
      edit.remove(tokens)
      return (edit.names(of: tokens), edit.current.tokens.count - tokens.count)
    }
    try Confirmation(tokens: source.tokens, daemon: revocation.daemon) {
      "\(subject.application) \(names) is removed from \(source.tokens), but \($0) still accepts it"
    }.await()
    Console.note("\(subject.application): revoked \(names).")
    if left == 0 { Console.note("\(source.tokens) has no tokens left; every request will now be denied.") }
  }
}

/// `bearerd token disable APP`
struct DisableToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "disable",
    abstract: "Disable a token: its line stays, and the daemon denies it.",
    discussion: """
      The line gets the option `disabled`. The client sees the same as with any invalid token; the log of the daemon \
      says `disabled`. `bearerd token enable` makes the token valid again.
      """)

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var source: TokensOption

  @OptionGroup var selection: TokenSelection
  @OptionGroup var revocation: Revocation

  func perform() throws {
    let editor = source.editor(for: Self.self)
    try revocation.confirm("Disable", selection, of: subject.application, in: editor)
    let names = try editor.edit { edit in
      let tokens = try selection.tokens(of: subject.application, in: edit)
      edit.setDisabled(true, of: tokens)
      return edit.names(of: tokens)
    }
    try Confirmation(tokens: source.tokens, daemon: revocation.daemon) {
      "\(subject.application) \(names) is disabled in \(source.tokens), but \($0) still accepts it"
    }.await()
    Console.note("\(subject.application): disabled \(names).")
  }
}

/// `bearerd token enable APP`
struct EnableToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "enable",
    abstract: "Enable a disabled token: the option `disabled` is removed from its line.",
    discussion: "Its other restrictions stay: an expired token is still expired.")

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var source: TokensOption

  @OptionGroup var selection: TokenSelection
  @OptionGroup var daemon: DaemonOption

  func perform() throws {
    let names = try source.editor(for: Self.self).edit { edit in
      let tokens = try selection.tokens(of: subject.application, in: edit)
      edit.setDisabled(false, of: tokens)
      return edit.names(of: tokens)
    }
    try Confirmation(tokens: source.tokens, daemon: daemon) {
      "\(subject.application) \(names) is enabled in \(source.tokens), but \($0) does not accept it yet"
    }.await()
    Console.note("\(subject.application): enabled \(names).")
  }
}

/// `--key` and `--all`: which tokens of an application.
struct TokenSelection: ParsableArguments {
  @OptionGroup var choice: KeyOption

  @Flag(help: "All tokens of the application.")
  var all = false

  func validate() throws {
    guard choice.key == nil || !all else { throw ValidationError("--key and --all exclude each other") }
  }

  func tokens(of application: String, in edit: TokenEdit) throws(Failure) -> [Token] {
    let tokens = try edit.tokens(of: application, key: choice.key)
    guard all || tokens.count == 1 else {
      throw .usage(
        "\(application) has several tokens; say which with --key, or --all: \(edit.names(of: tokens))")
    }
    return tokens
  }
}

extension Revocation {
  /// Shows and asks before the edit, which holds a lock that other edits wait for: the answer may take long.
  fileprivate func confirm(
    _ action: String, _ selection: TokenSelection, of application: String, in editor: TokenFileEditor
  ) throws {
    guard let uses = LastUses(of: application, in: editor.path, from: daemon) else { return }
    try confirm(editor.inspect { try selection.tokens(of: application, in: $0) }, by: uses, action)
  }
}
