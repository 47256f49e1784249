import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `bearerd manifest new`
struct NewManifest: Command {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Write a manifest for a service that uses bearer tokens.",
    discussion: """
      On a terminal, missing options are asked for. The verification tokens are placeholders until \
      `bearerd manifest verify` replaces them. An existing file is not overwritten.
      """)

  @OptionGroup var file: ManifestOption
  @OptionGroup var answers: ManifestAnswers

  @Option(
    help: ArgumentHelp(
      "Comma-separated applications that will be registered. (default: openai)", valueName: "apps"),
    transform: NewManifest.applications)
  var applications = ["openai"]

  func perform() throws {
    guard !file.published.exists else {
      throw Failure(
        "\(file.manifest.printable) already exists; not overwritten; remove it, or give another with --manifest"
      )
    }
    let draft = try answers.complete(applications: applications)
    let bytes = Array(draft.text.utf8)
    let findings = ManifestCheck(of: bytes, name: file.manifest).findings
    guard findings.allSatisfy({ $0.severity != .error }) else {
      throw Failure.usage(findings.filter { $0.severity == .error }.map(\.message).joined(separator: "; "))
    }
    guard try file.published.create(bytes) else {
      throw Failure("\(file.manifest.printable) was created concurrently; not overwritten")
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
        1. create the application's token:  bearerd token new \(application)
        2. publish the manifest at          \(site.origin)\(Manifest.path)
           and the OpenAPI file, the logo and the terms at their URLs
        3. register the site with the application, and paste the token as its service access token
        4. add the verification token that it shows to the manifest:
                                            bearerd manifest verify \(application) VALUE
        5. check the result:                bearerd manifest check \(site.origin)
      """
  }

  private static func applications(_ text: String) throws -> [String] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let name = ApplicationName(String(name)) else {
        throw ValidationError("the application name must be \(ApplicationName.rule)")
      }
      return name.description
    }
  }
}

/// The content of a new manifest.
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

  /// Makes a path a URL of the site; anything else is kept for the check.
  private func absolute(_ reference: String) -> String {
    reference.hasPrefix("/") ? site.origin + reference : reference
  }
}

/// The content of a new manifest, from options or from answers on a terminal.
struct ManifestAnswers: ParsableArguments {
  @Option(help: ArgumentHelp("The site: https://example.com", valueName: "url"))
  var site: String?

  @Option(help: ArgumentHelp("The name for users; at most 20 characters.", valueName: "text"))
  var nameForHuman: String?

  @Option(help: ArgumentHelp("The name for models: letters, digits and _.", valueName: "name"))
  var nameForModel: String?

  @Option(help: ArgumentHelp("The description for users; at most 100 characters.", valueName: "text"))
  var descriptionForHuman: String?

  @Option(help: ArgumentHelp("The description for models; at most 8000 characters.", valueName: "text"))
  var descriptionForModel: String?

  @Option(help: ArgumentHelp("The contact's mail address.", valueName: "address"))
  var contactEmail: String?

  @Option(
    help: ArgumentHelp("The OpenAPI file: a path of the site, or a URL.", valueName: "url"))
  var apiUrl = "/openapi.json"

  @Option(help: ArgumentHelp("The logo: a path of the site, or a URL.", valueName: "url"))
  var logoUrl = "/logo.png"

  @Option(help: ArgumentHelp("The terms of use: a path of the site, or a URL.", valueName: "url"))
  var legalInfoUrl = "/legal"

  /// Asks for missing values if standard input is a terminal.
  func complete(applications: [String]) throws -> ManifestDraft {
    let missing = [
      ("--site", site), ("--name-for-human", nameForHuman), ("--name-for-model", nameForModel),
      ("--description-for-human", descriptionForHuman), ("--description-for-model", descriptionForModel),
      ("--contact-email", contactEmail),
    ].filter { $0.1 == nil }.map(\.0)
    guard missing.isEmpty || isatty(STDIN_FILENO) == 1 else {
      throw Failure.usage(
        "standard input is not a terminal; give \(missing.joined(separator: ", "))")
    }
    let site = try site ?? ask("The site, as in https://example.com")
    let home: WebURL
    do throws(WebURL.Invalid) { home = try WebURL(parsing: site) } catch {
      throw Failure.usage("the site \(error)")
    }
    return ManifestDraft(
      site: home, nameForHuman: try nameForHuman ?? ask("The name for users, at most 20 characters"),
      nameForModel: try nameForModel ?? ask("The name for models, as in todo_list"),
      descriptionForHuman: try descriptionForHuman
        ?? ask("The description for users, at most 100 characters"),
      descriptionForModel: try descriptionForModel
        ?? ask("The description for models, which says when to use it"),
      contactEmail: try contactEmail ?? ask("The contact's mail address, as in support@example.com"),
      apiURL: apiUrl, logoURL: logoUrl, legalInfoURL: legalInfoUrl, applications: applications)
  }

  private func ask(_ question: String) throws(Failure) -> String {
    Console.note("\(question):")
    guard let line = readLine(), !line.isEmpty else { throw .usage("no answer; nothing was written") }
    return line
  }
}
