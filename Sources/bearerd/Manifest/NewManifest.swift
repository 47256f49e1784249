import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `bearerd manifest new`
struct NewManifest: Command {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Write a manifest for a service whose applications come with bearer tokens.",
    discussion: """
      On a terminal, what no option says is asked for. Where the verification tokens will stand, there are \
      placeholders until `bearerd manifest verify` puts them in. A file that is there already is left alone.
      """)

  @OptionGroup var file: ManifestOption
  @OptionGroup var answers: ManifestAnswers

  @Option(
    help: ArgumentHelp(
      "The applications that will be registered, with commas between. (default: openai)", valueName: "apps"),
    transform: NewManifest.applications)
  var applications = ["openai"]

  func perform() throws {
    guard !file.published.exists else {
      throw Failure(
        "\(file.manifest.printable) is there already and stays; remove it, or name another with --manifest")
    }
    let draft = try answers.complete(applications: applications)
    let bytes = Array(draft.text.utf8)
    let findings = ManifestCheck(of: bytes, name: file.manifest).findings
    guard findings.allSatisfy({ $0.severity != .error }) else {
      throw Failure.usage(findings.filter { $0.severity == .error }.map(\.message).joined(separator: "; "))
    }
    guard try file.published.create(bytes) else {
      throw Failure("\(file.manifest.printable) came into being just now, and stays")
    }
    for finding in findings where !finding.message.contains("not registered yet") {
      Console.note(finding.description)
    }
    Console.note(lines: nextSteps(site: draft.site))
  }

  private func nextSteps(site: WebURL) -> String {
    let application = applications[0]
    return """
      \(file.manifest.printable) is written. Next, for \(applications.joined(separator: ", ")):
        1. make the application's token:    bearerd token new \(application)
        2. publish the manifest at          \(site.origin)\(Manifest.path)
           and the OpenAPI file, the picture and the terms where it says
        3. give the application the site, and paste the token where it asks for the service access token
        4. put the verification token that it shows into the manifest:
                                            bearerd manifest verify \(application) VALUE
        5. see that all is well:            bearerd manifest check \(site.origin)
      """
  }

  private static func applications(_ text: String) throws -> [String] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let name = ApplicationName(String(name)) else {
        throw ValidationError("the name of an application is \(ApplicationName.rule)")
      }
      return name.description
    }
  }
}
