import ArgumentParser
import BearerAuth
import BearerdService

/// `bearerd token new APP`
struct NewToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a token for an application and print it, once.",
    discussion: "The token goes to standard output and nowhere else; the file keeps its hash.")

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var restrictions: Restrictions
  @OptionGroup var source: TokensOption
  @OptionGroup var daemon: DaemonOption

  func perform() throws {
    guardSecrets()
    let now = Instant.now
    var secret = Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    defer { secret.wipe() }
    let digest = try hash(secret)

    let token = try TokenFileEditor(path: source.tokens).edit(showing: secret) { edit in
      let key = try edit.unusedKey(of: subject.application)
      let token = try restrictions.token(digest, of: subject.application, key: key, at: now)
      edit.append(token)
      return token
    }

    Console.note("\(name(of: token)) is in \(source.tokens) and \(ending(token.expires, at: now)).")
    Console.note("The token is shown this once; the file keeps only its hash.")
    try Confirmation(tokens: source.tokens, daemon: daemon) {
      "\(name(of: token)) is in \(source.tokens), but \($0) does not know it"
    }.await()
  }
}
