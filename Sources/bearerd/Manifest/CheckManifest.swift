import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `bearerd manifest check FILE|URL`
struct CheckManifest: Command {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Tell all that is wrong with a manifest, a secret in it above all.",
    discussion: """
      Of a file, the OpenAPI file and the picture are looked for beside it, where it stands in .well-known; nothing \
      is asked of the network. Of a URL, all three are fetched as an application's installer does, and the API is \
      asked without a token and with the verification tokens, which must not open it.

      JSON is read in full; of a YAML file only the left edge. Exits with 0 where there is no error, 1 where there is \
      one, 78 where the token file has one.
      """)

  @Argument(
    help: ArgumentHelp(
      "The manifest, or where it is published; of a site alone, its usual place.", valueName: "file|url"),
    completion: .file(extensions: ["json"]))
  var manifest: String

  @OptionGroup var compared: ComparedTokens

  @Option(
    name: .customLong("openapi"),
    help: ArgumentHelp("The OpenAPI file, where it is not beside the manifest.", valueName: "file"),
    completion: .file())
  var openAPI: String?

  @Option(help: ArgumentHelp("The site that installers run on.", valueName: "url"))
  var origin = "https://chat.openai.com"

  @OptionGroup var connection: ConnectOption

  func validate() throws {
    guard (try? WebURL(parsing: origin)) != nil else {
      throw ValidationError("--origin is a URL: https://HOST")
    }
    guard connection.connectTo == nil || manifest.contains("://") else {
      throw ValidationError("--connect-to goes with a URL")
    }
    guard openAPI == nil || !manifest.contains("://") else {
      throw ValidationError("--openapi goes with a file; of a URL, the manifest says where it is")
    }
  }

  func perform() throws {
    guardSecrets()
    let policy = Policy(try compared.load())
    Console.hide(tokensOf: policy)
    let secrets = try PublishedSecrets(policy, at: .now)
    var report = ManifestReport(secrets: secrets)
    if manifest.contains("://") {
      let url = try url()
      try LiveService(origin: origin, route: connection.route(to: url)).check(url, into: &report)
    } else {
      try LocalService(manifest: manifest, openAPI: openAPI).check(into: &report)
    }
    try report.finish()
  }

  private func url() throws(Failure) -> WebURL {
    do throws(WebURL.Invalid) {
      let url = try WebURL(parsing: manifest)
      return url.path == "/" ? try url.at(Manifest.path) : url
    } catch {
      throw .usage("this \(error)")
    }
  }
}
