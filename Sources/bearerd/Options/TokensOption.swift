import ArgumentParser
import BearerdService

/// `--tokens`, the same for all commands.
struct TokensOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The token file, or a folder of *.tokens files.", valueName: "path"),
    completion: .file())
  var tokens = TokensOption.standardPath

  /// Where they are, if nobody says otherwise.
  static let standardPath = "/etc/bearerd/tokens"

  func validate() throws {
    guard !tokens.isEmpty else { throw ValidationError("--tokens names no file") }
  }

  /// The tokens, for a command that only reads; tells the warnings, and throws where there is an error.
  func load(owners: TokenSource.OwnerCheck = .warned) throws(TokenSourceError) -> LoadedTokens {
    let loaded = try TokenSource(path: tokens, owners: owners).load()
    guard loaded.isUsable else { throw .unusable(loaded.issues) }
    loaded.issues.forEach { Console.note($0.description) }
    return loaded
  }
}
