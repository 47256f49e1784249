import BearerAuth

/// Whether an OpenAPI file can be parsed, and the servers and paths of the API.
///
/// JSON is parsed fully. For YAML only top-level keys are checked, line by line: that detects an HTML page in
/// its place, but no error further inside.
package struct OpenAPICheck: Sendable {
  /// In the order of the file.
  package let findings: [Finding]
  /// The servers: URLs, or paths on the file's own site.
  package let servers: [String]
  /// The paths, including templates.
  package let paths: [String]

  /// Checks the bytes of a file.
  /// - Parameter name: the file's name in findings.
  package init(of bytes: [UInt8], name: String) {
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
      findings.error(at: 0, "an HTML or XML page, not an OpenAPI file")
      return nil
    }
    let outline = OpenAPIOutline(yaml: text)
    for place in outline.tabs.prefix(1) {
      findings.error(at: place, "a tab; YAML must be indented with spaces")
    }
    return outline
  }
}

/// The top-level keys of an OpenAPI file, in JSON or YAML.
struct OpenAPIOutline {
  /// The offsets of the top-level keys.
  private(set) var names: [String: Int] = [:]
  private(set) var version: (text: String, place: Int)?
  private(set) var servers: [String] = []
  private(set) var paths: [String] = []
  /// The offsets of lines that are indented with tabs, which YAML does not allow.
  private(set) var tabs: [Int] = []

  init(_ root: JSONValue) {
    for member in root.members ?? [] { names[member.name] = member.nameRange.lowerBound }
    if let value = root.value(of: "openapi") ?? root.value(of: "swagger") {
      version = (value.string ?? value.kind, value.range.lowerBound)
    }
    if case .array(let values) = root.value(of: "servers")?.content {
      servers = values.compactMap { $0.value(of: "url")?.string }
    }
    paths = root.value(of: "paths")?.members?.map(\.name).filter { $0.hasPrefix("/") } ?? []
  }

  /// Block style only, which is the usual one. Content in another style is not seen.
  init(yaml text: String) {
    var offset = 0
    var section = ""
    var pathIndentation: Int?
    // Split as bytes: in a Swift String, CR LF is one character.
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      defer { offset += line.count + 1 }
      let indentation = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      var content = Substring(line[indentation.endIndex...])
      if content.hasSuffix("\r") { content.removeLast() }
      guard let first = content.first, first != "#" else { continue }
      if indentation.contains(UInt8(ascii: "\t")) { tabs.append(offset) }
      if first == "-" { content = content.dropFirst().drop { $0 == " " } }
      guard let (name, value) = OpenAPIOutline.pair(content) else { continue }
      if indentation.isEmpty, first != "-" {
        section = name
        names[section] = offset
        if name == "openapi" || name == "swagger" { version = (value, offset) }
      } else if section == "servers", name == "url" {
        servers.append(value)
      } else if section == "paths", name.hasPrefix("/"),
        indentation.count == pathIndentation ?? indentation.count
      {
        pathIndentation = indentation.count
        paths.append(name)
      }
    }
  }

  func check(reporting findings: inout Findings) {
    guard let version else {
      findings.error(at: 0, "not an OpenAPI file: the top-level \"openapi\" is missing, as in openapi: 3.1.0")
      return
    }
    if names["swagger"] != nil {
      findings.warning(at: version.place, "OpenAPI 2 (Swagger); current applications need OpenAPI 3")
    } else if !version.text.hasPrefix("3.") {
      findings.error(at: version.place, "\"openapi\" must be a string like \"3.1.0\"")
    }
    if names["info"] == nil { findings.error(at: 0, "\"info\" is missing: the title and version of the API") }
    if names["paths"] == nil {
      findings.error(at: 0, "\"paths\" is missing: the operations of the API")
    } else if paths.isEmpty {
      findings.warning(at: names["paths"] ?? 0, "\"paths\" has no paths; there is nothing to call")
    }
  }

  /// `name: value`, with or without quotes around either.
  private static func pair(_ content: Substring) -> (name: String, value: String)? {
    var end = content.startIndex
    while let colon = content[end...].firstIndex(of: ":") {
      end = content.index(after: colon)
      guard end == content.endIndex || content[end] == " " else { continue }
      let value = content[end...].drop { $0 == " " }.prefix { $0 != " " }
      return (unquoted(content[..<colon]), unquoted(value))
    }
    return nil
  }

  private static func unquoted(_ text: Substring) -> String {
    guard let first = text.first, first == "\"" || first == "'", text.last == first, text.count > 1 else {
      return String(text)
    }
    return String(text.dropFirst().dropLast())
  }
}
