import ArgumentParser
import Glibc
import ServiceManifest

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
