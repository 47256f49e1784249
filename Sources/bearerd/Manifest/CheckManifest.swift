import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `bearerd manifest check FILE|URL`
struct CheckManifest: Command {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a manifest, above all for secrets.",
    discussion: """
      For a file in .well-known, the OpenAPI file and the logo are read from the same site directory; nothing is \
      requested over the network. For a URL, all three are fetched like an application's installer does, and the \
      API is requested without a token and with the verification tokens, which must not grant access.

      JSON is parsed fully; for YAML only top-level keys are checked. Exits 0 if there is no error, 1 if there is \
      one, 78 if the token file has one.
      """)

  @Argument(
    help: ArgumentHelp(
      "The manifest file, its URL, or the URL of the site.", valueName: "file|url"),
    completion: .file(extensions: ["json"]))
  var manifest: String

  @OptionGroup var compared: ComparedTokens

  @Option(
    name: .customLong("openapi"),
    help: ArgumentHelp("The OpenAPI file, if it is not in the site directory.", valueName: "file"),
    completion: .file())
  var openAPI: String?

  @Option(help: ArgumentHelp("The origin of the installers' pages.", valueName: "url"))
  var origin = "https://chat.openai.com"

  @OptionGroup var connection: ConnectOption

  func validate() throws {
    guard (try? WebURL(parsing: origin)) != nil else {
      throw ValidationError("--origin must be a URL: https://HOST")
    }
    guard connection.connectTo == nil || manifest.contains("://") else {
      throw ValidationError("--connect-to requires the manifest's URL")
    }
    guard openAPI == nil || !manifest.contains("://") else {
      throw ValidationError("--openapi requires a manifest file; for a URL, the manifest gives its location")
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

/// Prints the findings of a check, and counts them.
struct ManifestReport {
  private let secrets: PublishedSecrets
  private static let maximumNames = 20
  private var counts: [Finding.Severity: Int] = [:]
  private var manifest: Manifest?

  init(secrets: PublishedSecrets) {
    self.secrets = secrets
  }

  mutating func add(_ finding: Finding) {
    counts[finding.severity, default: 0] += 1
    Console.note(finding.description)
  }

  mutating func error(_ source: String, _ message: String) { add(Finding(.error, source, message)) }
  mutating func warning(_ source: String, _ message: String) { add(Finding(.warning, source, message)) }
  mutating func note(_ source: String, _ message: String) { add(Finding(.note, source, message)) }

  /// Checks the bytes of the manifest; nil if they cannot be parsed.
  mutating func check(manifest bytes: [UInt8], of name: String, publishedAt home: WebURL? = nil) throws
    -> Manifest?
  {
    let check = ManifestCheck(of: bytes, name: name, publishedAt: home)
    manifest = check.manifest
    let tokens = check.manifest?.verificationTokens ?? []
    // Searched first: a secret that is found is hidden in all messages.
    let leaks = try secrets.findings(
      in: bytes, of: name, verificationTokens: tokens, found: Console.hide)
    (check.findings + leaks).forEach { add($0) }
    return manifest
  }

  /// Checks the bytes of the OpenAPI file.
  mutating func check(openAPI bytes: [UInt8], of name: String) throws -> OpenAPICheck {
    let check = OpenAPICheck(of: bytes, name: name)
    let leaks = try secrets.findings(in: bytes, of: name, found: Console.hide)
    (check.findings + leaks).forEach { add($0) }
    return check
  }

  /// Searches a published file for secrets.
  mutating func search(_ bytes: [UInt8], of name: String) throws {
    try secrets.findings(in: bytes, of: name, found: Console.hide).forEach { add($0) }
  }

  /// Searches the headers of a response for secrets; the position in a line is not reported.
  mutating func search(headersOf response: HTTPResponse, from url: WebURL) throws {
    for header in response.headers {
      let name = "\(url): header \(header.name)"
      for finding in try secrets.findings(
        in: Array(header.value.utf8), of: name, found: Console.hide)
      {
        add(Finding(finding.severity, name, finding.message))
      }
    }
  }

  /// Prints the result.
  func finish() throws {
    guard counts[.error] == nil else {
      let parts = [counted(.error, "error"), counted(.warning, "warning")].compactMap(\.self)
      Console.note(parts.joined(separator: ", "))
      throw ExitCode.failure
    }
    let tokens = manifest?.verificationTokens ?? []
    let names = tokens.prefix(ManifestReport.maximumNames).map {
      $0.isPlaceholder ? "\($0.application) (not registered yet)" : $0.application
    }
    let more = tokens.count > names.count ? " and \(tokens.count - names.count) more" : ""
    let applications = names.isEmpty ? "" : " for \(names.joined(separator: ", "))\(more)"
    let warnings = counted(.warning, "warning").map { "; \($0)" } ?? ""
    try Console.print("ok: \(manifest?.authType ?? "")\(applications)\(warnings)".printable)
  }

  private func counted(_ severity: Finding.Severity, _ word: String) -> String? {
    counts[severity].map { "\($0) \(word)\($0 == 1 ? "" : "s")" }
  }
}

/// A manifest file, and the files of its site: `SITE/.well-known/ai-plugin.json` and `SITE/openapi.json`.
struct LocalService {
  let manifest: String
  let openAPI: String?

  func check(into report: inout ManifestReport) throws {
    let bytes = try read()
    let manifest = try report.check(manifest: bytes, of: manifest)
    if let openAPI {
      _ = try report.check(openAPI: try PublishedFile(path: openAPI).read(), of: openAPI)
    } else if let url = manifest?.apiURL {
      try checkOpenAPI(at: url, into: &report)
    }
    if let site, let url = manifest?.logoURL, url.host == manifest?.apiURL?.host {
      let logo = PublishedFile(path: site + path(of: url))
      guard logo.exists else {
        report.warning(self.manifest, "its logo, \(url), is not at \(logo.path)")
        return
      }
      try report.search(try logo.read(), of: logo.path)
    }
  }

  private func read() throws -> [UInt8] {
    do throws(PublishedFileError) {
      return try PublishedFile(path: manifest).read()
    } catch {
      guard error.code == ENOENT else { throw error }
      throw Failure("\(error.description); `bearerd manifest new` creates one", code: EX_IOERR)
    }
  }

  private func checkOpenAPI(at url: WebURL, into report: inout ManifestReport) throws {
    let file = site.map { PublishedFile(path: $0 + path(of: url)) }
    guard let file, file.exists else {
      report.note(
        manifest,
        "\(url) was not checked; give its file with --openapi, or check the site when it is published")
      return
    }
    _ = try report.check(openAPI: try file.read(), of: file.path)
  }

  /// The directory of the site's files; nil if the manifest is not at its place in one.
  private var site: String? {
    guard manifest != String(Manifest.path.dropFirst()) else { return "." }
    return manifest.hasSuffix(Manifest.path) ? String(manifest.dropLast(Manifest.path.count)) : nil
  }

  /// Never outside the site's directory.
  private func path(of url: WebURL) -> String {
    let path = url.path.prefix { $0 != "?" }
    return path.split(separator: "/").contains("..") ? "/" : String(path)
  }
}
