import ArgumentParser

/// `--tokens`, the same for all commands.
struct TokensOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The token file, or a folder of *.tokens files.", valueName: "path"),
    completion: .file())
  var tokens = "/etc/bearerd/tokens"

  func validate() throws {
    guard !tokens.isEmpty else { throw ValidationError("--tokens names no file") }
  }
}
