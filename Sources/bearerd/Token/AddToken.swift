import ArgumentParser
import BearerAuth
import BearerdService
import ServiceManifest

/// `bearerd token add APP`
struct AddToken: Command {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Add a token that was created elsewhere, read from standard input.",
    discussion: """
      printf %s "$TOKEN" | bearerd token add APP

      The hash in the file is fast and unsalted, so a guessable token is rejected: it must have at least 112 bits \
      by a simple estimate, length times the bits of the alphabet in use, without obvious repetition and \
      well-known words. A random UUID or 28 random hexadecimal digits are enough.

      `Authorization: Bearer` carries letters, digits and -._~+/ with = only at the end. A token with any other visible \
      character of ASCII, of at most 4096 bytes, is valid only if the web server passes it as BEARERD_TOKEN.
      """)

  @OptionGroup var subject: ApplicationArgument
  @OptionGroup var restrictions: Restrictions
  @OptionGroup var source: TokensOption
  @OptionGroup var daemon: DaemonOption

  @Option(
    help: ArgumentHelp(
      "A public file that must not contain the token: the manifest, the OpenAPI file. May be repeated.",
      valueName: "file"),
    completion: .file())
  var manifest: [String] = []

  @Flag(help: "Add the token even if it can be guessed.")
  var force = false

  func perform() throws {
    guardSecrets()
    let now = Instant.now
    var secret = try SecretInput.read("the token to add")
    defer { secret.wipe() }
    try check(secret)
    let digest = try hash(secret)
    guard !WellKnownSecrets.contains(digest) else {
      throw Failure(
        "this is a well-known password or example, which a token file must not contain; create one with "
          + "`bearerd token new \(subject.application)`")
    }
    try rejectPublished(digest)

    let token = try source.editor(for: Self.self).edit { edit in
      if let known = edit.current.tokens.first(where: { $0.digest == digest }) {
        throw Failure("this token already exists: \(edit.place(of: known)), for \(known.application)")
      }
      let key = try edit.unusedKey(of: subject.application)
      let token = try restrictions.token(digest, of: subject.application, key: key, at: now)
      edit.append(token)
      return token
    }
    Console.note("\(name(of: token)) is in \(source.tokens) and \(ending(token.expires, at: now)).")
    if !Secret.isWellFormed(secret.span) {
      Console.note(
        "It has characters other than letters, digits and -._~+/ with = at the end: only BEARERD_TOKEN can carry it, "
          + "not `Authorization: Bearer`; see bearerd(8).")
    }
    try Confirmation(tokens: source.tokens, daemon: daemon) {
      "\(name(of: token)) is in \(source.tokens), but \($0) does not accept it yet"
    }.await()
  }

  /// A public value must not grant access, above all a verification token.
  private func rejectPublished(_ digest: Digest) throws {
    for file in manifest {
      guard try PublishedSecrets.contains(digest, in: try PublishedFile(path: file).read()) else { continue }
      throw Failure(
        "this token is in \(file), which is public; create one with "
          + "`bearerd token new \(subject.application)`")
    }
  }

  private func check(_ secret: [UInt8]) throws(Failure) {
    guard secret.count <= Credential.maximumLength - "Bearer ".utf8.count else {
      throw Failure(
        "the token is too long for an Authorization header of \(Credential.maximumLength) bytes")
    }
    guard Secret.isWellFormed(secret.span) || Secret.isVisible(secret.span) else {
      throw Failure(
        "no request can carry this token: use visible ASCII without spaces, at most \(Secret.maximumLength) bytes "
          + "if it has characters other than letters, digits and -._~+/ with = at the end")
    }
    guard !Secret.isMistyped(secret.span) else {
      throw Failure("this looks like a token of bearerd with a typing error: its checksum is wrong")
    }
    let strength = SecretStrength(of: secret.span)
    guard force || strength.isSufficient else {
      throw Failure(
        "this token can be guessed: it has an estimated \(strength.bits) bits, and \(SecretStrength.minimumBits) "
          + "are needed; create one with `bearerd token new \(subject.application)`, or use --force")
    }
  }
}
