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

/// A manifest that is to be written.
struct ManifestDraft {
  var site: WebURL
  var nameForHuman: String
  var nameForModel: String
  var descriptionForHuman: String
  var descriptionForModel: String
  var contactEmail: String
  var apiURL: String
  var logoURL: String
  var legalInfoURL: String
  var applications: [String]

  var text: String {
    let tokens = applications.map { name in
      "      \(JSON.string(name)): \(JSON.string(VerificationToken.placeholder(for: name)))"
    }
    return """
      {
        "schema_version": "v1",
        "name_for_human": \(JSON.string(nameForHuman)),
        "name_for_model": \(JSON.string(nameForModel)),
        "description_for_human": \(JSON.string(descriptionForHuman)),
        "description_for_model": \(JSON.string(descriptionForModel)),
        "auth": {
          "type": "service_http",
          "authorization_type": "bearer",
          "verification_tokens": {
      \(tokens.joined(separator: ",\n"))
          }
        },
        "api": {
          "type": "openapi",
          "url": \(JSON.string(absolute(apiURL)))
        },
        "logo_url": \(JSON.string(absolute(logoURL))),
        "contact_email": \(JSON.string(contactEmail)),
        "legal_info_url": \(JSON.string(absolute(legalInfoURL)))
      }

      """
  }

  /// A path is one of the site; all else stays as it is, for the check to judge.
  private func absolute(_ reference: String) -> String {
    reference.hasPrefix("/") ? site.origin + reference : reference
  }
}

/// What a new manifest says, by options or as it is answered on a terminal.
struct ManifestAnswers: ParsableArguments {
  @Option(help: ArgumentHelp("The site: https://example.com", valueName: "url"))
  var site: String?

  @Option(help: ArgumentHelp("What people call it; at most 20 characters.", valueName: "text"))
  var nameForHuman: String?

  @Option(help: ArgumentHelp("What models call it: letters, digits and _.", valueName: "name"))
  var nameForModel: String?

  @Option(help: ArgumentHelp("What people are told of it; at most 100 characters.", valueName: "text"))
  var descriptionForHuman: String?

  @Option(help: ArgumentHelp("What models are told of it; at most 8000 characters.", valueName: "text"))
  var descriptionForModel: String?

  @Option(help: ArgumentHelp("Whom people write to.", valueName: "address"))
  var contactEmail: String?

  @Option(
    help: ArgumentHelp("Where the OpenAPI file is: a path of the site, or a URL.", valueName: "url"))
  var apiUrl = "/openapi.json"

  @Option(help: ArgumentHelp("Where the picture is.", valueName: "url"))
  var logoUrl = "/logo.png"

  @Option(help: ArgumentHelp("Where people read the terms.", valueName: "url"))
  var legalInfoUrl = "/legal"

  /// Asks for what is missing where somebody is there to answer.
  func complete(applications: [String]) throws -> ManifestDraft {
    let missing = [
      ("--site", site), ("--name-for-human", nameForHuman), ("--name-for-model", nameForModel),
      ("--description-for-human", descriptionForHuman), ("--description-for-model", descriptionForModel),
      ("--contact-email", contactEmail),
    ].filter { $0.1 == nil }.map(\.0)
    guard missing.isEmpty || isatty(STDIN_FILENO) == 1 else {
      throw Failure.usage(
        "nobody is here to be asked for \(missing.joined(separator: ", ")); say it with these options")
    }
    let site = try site ?? ask("The site, as in https://example.com")
    let home: WebURL
    do throws(WebURL.Invalid) { home = try WebURL(parsing: site) } catch {
      throw Failure.usage("the site \(error)")
    }
    return ManifestDraft(
      site: home, nameForHuman: try nameForHuman ?? ask("What people call it, in at most 20 characters"),
      nameForModel: try nameForModel ?? ask("What models call it, as in todo_list"),
      descriptionForHuman: try descriptionForHuman
        ?? ask("What people are told of it, in at most 100 characters"),
      descriptionForModel: try descriptionForModel
        ?? ask("What models are told of it, to know when to use it"),
      contactEmail: try contactEmail ?? ask("Whom people write to, as in support@example.com"),
      apiURL: apiUrl, logoURL: logoUrl, legalInfoURL: legalInfoUrl, applications: applications)
  }

  private func ask(_ question: String) throws(Failure) -> String {
    Console.note("\(question):")
    guard let line = readLine(), !line.isEmpty else { throw .usage("no answer; nothing was written") }
    return line
  }
}
