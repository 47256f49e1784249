import ArgumentParser
import BearerAuth
import ServiceManifest

/// What a check finds, told as it goes.
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

  /// Checks the bytes of the manifest; nil where nothing can be made of them.
  mutating func check(manifest bytes: [UInt8], of name: String, publishedAt home: WebURL? = nil) throws
    -> Manifest?
  {
    let check = ManifestCheck(of: bytes, name: name, publishedAt: home)
    manifest = check.manifest
    let tokens = check.manifest?.verificationTokens ?? []
    // Looked for first: what is found stands in no message.
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

  /// Looks for secrets in anything that is published.
  mutating func search(_ bytes: [UInt8], of name: String) throws {
    try secrets.findings(in: bytes, of: name, found: Console.hide).forEach { add($0) }
  }

  /// Looks for secrets in the headers of a response; where in a line, nobody wants to know.
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

  /// Says how it went.
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
