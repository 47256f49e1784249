import ArgumentParser
import BearerAuth

/// `--key`, where an application has several tokens.
struct KeyOption: ParsableArguments {
  @Option(help: ArgumentHelp("Which token, where the application has several.", valueName: "id"))
  var key: String?

  // Not a transform: the message of a transform repeats the value, which could be a secret.
  func validate() throws {
    guard let key, KeyID(key) == nil else { return }
    throw ValidationError("a key id is \(KeyID.rule); `bearerd token list` shows them")
  }
}
