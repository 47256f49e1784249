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

  func perform() throws {
    guardSecrets()
    let now = Instant.now
    var secret = Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    defer { secret.wipe() }
    let digest = try hash(secret)

    let token = try TokenFileEditor(path: source.tokens).edit { edit in
      let key = try edit.unusedKey(of: subject.application)
      let token = try restrictions.token(digest, of: subject.application, key: key, at: now)
      edit.append(token)
      return token
    }

    try show(secret, of: token)
    Console.note("\(name(of: token)) is in \(source.tokens) and \(ending(token.expires, at: now)).")
    Console.note("The token is shown this once; the file keeps only its hash.")
  }
}
