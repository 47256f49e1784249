import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `bearerd manifest verify APP VALUE`
struct VerifyManifest: Command {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Add an application's verification token to the manifest, or remove it.",
    discussion: """
      bearerd manifest verify openai 5a1f0c9be2d84b7fa6d3f1c2b7e9d055
      bearerd manifest verify openai --remove

      The application issues the value when it is registered, and reads it back from the manifest. It is public. The \
      rest of the file is not changed.
      """)

  @Argument(help: ArgumentHelp("The application's name in the manifest.", valueName: "app"))
  var application: String

  @Argument(help: ArgumentHelp("The verification token.", valueName: "value"))
  var value: String?

  @OptionGroup var surplus: ExtraArguments
  @OptionGroup var file: ManifestOption
  @OptionGroup var compared: ComparedTokens

  @Flag(help: "Remove the application's verification token.")
  var remove = false

  func validate() throws {
    guard ApplicationName(application) != nil else {
      throw ValidationError("the application name must be \(ApplicationName.rule)")
    }
    guard remove == (value == nil) else {
      throw ValidationError(
        remove
          ? "--remove takes no value" : "the value is missing; give it after the application, or use --remove"
      )
    }
    // Not repeated: it could be a secret.
    guard value.map(ManifestText.isPlain) != false else {
      throw ValidationError("a verification token must be visible ASCII without quotes and backslashes")
    }
  }

  func perform() throws {
    guardSecrets()
    guard let name = ApplicationName(application) else { return }
    if let value { try put(value, of: name) } else { try removeToken(of: name) }
  }

  private func put(_ value: String, of name: ApplicationName) throws {
    try rejectSecret(value)
    var before = ManifestText.Before.same
    try edit { text throws(Finding) in before = try text.setVerificationToken(value, of: name) }
    switch before {
    case .same: Console.note("\(file.manifest.printable) already has this value; nothing was changed.")
    case .absent: Console.note("The verification token of \(name) is in \(file.manifest.printable).")
    case .different:
      Console.note("The verification token of \(name) in \(file.manifest.printable) is replaced.")
    }
  }

  private func removeToken(of name: ApplicationName) throws {
    try edit { text throws(Finding) in
      guard try text.removeVerificationToken(of: name) else {
        throw Finding(.error, file.manifest, "there is no verification token of \(name)")
      }
    }
    Console.note("The verification token of \(name) is removed from \(file.manifest.printable).")
  }

  private func edit(_ change: (inout ManifestText) throws(Finding) -> Void) throws {
    do {
      try file.published.edit { bytes in
        var text = ManifestText(bytes, name: file.manifest)
        try change(&text)
        return text.bytes
      }
    } catch let finding as Finding {
      Console.note(finding.description)
      throw ExitCode.failure
    }
  }

  /// Rejects the most common mistake: publishing the secret token instead of the value that the application issued.
  private func rejectSecret(_ value: String) throws {
    let bytes = Array(value.utf8)
    guard !Secret.hasShape(bytes.span) else {
      throw Failure(
        "this is a secret token, not a verification token: published, it would give everyone access. It was "
          + "visible in the process list just now: replace it with `bearerd token rotate`")
    }
    let digest = try hash(bytes)
    if let token = try compared.load().first(where: { $0.digest == digest }) {
      throw Failure(
        "this is a secret token of \(name(of: token)), not a verification token: published, it would give everyone "
          + "access. It was visible in the process list just now: replace it with `bearerd token rotate`")
    }
  }
}
