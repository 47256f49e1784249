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
    let (expires, notBefore) = try restrictions.instants(at: now)
    var secret = Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    defer { secret.wipe() }
    let digest = try hash(secret)

    var key = ""
    try TokenFileEditor(path: source.tokens).edit { edit in
      key = try edit.unusedKey(of: subject.application)
      edit.append(
        Token(
          digest: digest, application: subject.application, key: key, created: now, notBefore: notBefore,
          expires: expires, scopes: restrictions.scopes, origins: restrictions.from))
    }

    try show(secret, application: subject.application, key: key)
    Console.note("\(subject.application) \(key) is in \(source.tokens) and \(ending(expires, at: now)).")
    Console.note("The token is shown this once; the file keeps only its hash.")
  }
}
