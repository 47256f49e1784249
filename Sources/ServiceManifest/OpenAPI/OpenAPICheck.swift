import BearerAuth

/// Whether an OpenAPI file can be read, and what it says of where the API is.
///
/// JSON is read in full. YAML is looked through line by line for what every such file has at its left edge: that finds a
/// page of HTML in its place, and not a mistake further in.
public struct OpenAPICheck: Sendable {
  /// In the order of the file.
  public let findings: [Finding]
  /// Where the API is: URLs, or paths on the file's own site.
  public let servers: [String]
  /// The paths that it has, templates among them.
  public let paths: [String]

  /// Checks the bytes of a file.
  /// - Parameter name: what findings call it.
  public init(of bytes: [UInt8], name: String) {
    var findings = Findings(about: bytes, of: name)
    let isJSON = bytes.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
    let outline = isJSON ? OpenAPICheck.readJSON(&findings) : OpenAPICheck.readYAML(&findings)
    (servers, paths) = (outline?.servers ?? [], outline?.paths ?? [])
    if let outline { outline.check(reporting: &findings) }
    self.findings = findings.sorted
  }

  private static func readJSON(_ findings: inout Findings) -> OpenAPIOutline? {
    do throws(JSONDocument.Problem) {
      let document = try JSONDocument(parsing: findings.bytes)
      for member in document.repeated {
        findings.error(at: member.nameRange.lowerBound, ManifestRules.repeatedName)
      }
      return OpenAPIOutline(document.root)
    } catch {
      findings.error(at: error.offset, error.message)
      return nil
    }
  }

  private static func readYAML(_ findings: inout Findings) -> OpenAPIOutline? {
    guard let text = String(validating: findings.bytes, as: UTF8.self) else {
      findings.error(at: 0, "neither JSON nor YAML: not UTF-8")
      return nil
    }
    guard !text.utf8.starts(with: "<".utf8) else {
      findings.error(at: 0, "a page of HTML or XML, and no OpenAPI file")
      return nil
    }
    let outline = OpenAPIOutline(yaml: text)
    for place in outline.tabs.prefix(1) {
      findings.error(at: place, "YAML is indented with spaces, and here is a tab")
    }
    return outline
  }
}
