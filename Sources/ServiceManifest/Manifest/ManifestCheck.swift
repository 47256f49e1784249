import BearerAuth

/// What a checked ai-plugin.json says, as far as it is understood.
package struct Manifest: Sendable {
  /// `service_http`, `none`, ...
  package internal(set) var authType: String?
  /// What applications issued, in the order of the file; placeholders are among them.
  package internal(set) var verificationTokens: [VerificationToken] = []
  /// Where the OpenAPI file is.
  package internal(set) var apiURL: WebURL?
  /// Where the picture is.
  package internal(set) var logoURL: WebURL?

  /// Where it must be published, on its site.
  package static let path = "/.well-known/ai-plugin.json"
}

/// A value that an application issued, to see that the manifest is of whoever registered it. It stands in the manifest,
/// so everybody knows it.
package struct VerificationToken: Sendable {
  /// Whose it is: `openai`.
  package let application: String
  /// As it was issued, or a placeholder.
  package let value: String
  /// Its bytes in the file, quotes included.
  package let range: Range<Int>

  /// Whether the application has not issued it yet, and something else stands in its place.
  package var isPlaceholder: Bool { VerificationToken.isPlaceholder(value) }

  /// What `manifest new` writes for an application.
  package static func placeholder(for application: String) -> String {
    "Replace_this_string_with_the_verification_token_of_\(application)"
  }

  /// Nothing, one character again and again, or words that speak of what should stand here. What applications issue
  /// is random, and holds no words.
  static func isPlaceholder(_ value: String) -> Bool {
    let letters = value.utf8.filter(\.isAlphanumeric)
    guard let first = letters.first, !letters.allSatisfy({ $0 == first }) else { return true }
    let parts = value.lowercased().split { !$0.isLetter && !$0.isNumber }
    return parts.contains { words.contains(String($0)) }
  }

  private static let words: Set<String> = [
    "change", "changeme", "here", "insert", "issued", "null", "pending", "placeholder", "replace", "tbd",
    "todo",
    "token", "verification", "your",
  ]
}

/// Everything that is wrong with an ai-plugin.json by itself, without asking anybody.
package struct ManifestCheck: Sendable {
  /// In the order of the file.
  package let findings: [Finding]
  /// What it says; nil where it is no JSON object.
  package let manifest: Manifest?

  /// Checks the bytes of a manifest.
  /// - Parameters:
  ///   - name: what findings call it.
  ///   - home: where it is published; nil where only the file is known.
  package init(of bytes: [UInt8], name: String, publishedAt home: WebURL? = nil) {
    var rules = ManifestRules(about: bytes, of: name, publishedAt: home)
    do throws(JSONDocument.Problem) {
      manifest = rules.manifest(of: try JSONDocument(parsing: bytes))
    } catch {
      rules.findings.error(at: error.offset, error.message)
      manifest = nil
    }
    findings = rules.findings.sorted
  }
}

/// The rules of the format, field by field.
struct ManifestRules {
  var findings: Findings
  private let home: WebURL?

  init(about bytes: [UInt8], of name: String, publishedAt home: WebURL?) {
    findings = Findings(about: bytes, of: name)
    self.home = home
  }

  mutating func manifest(of document: JSONDocument) -> Manifest? {
    for member in document.repeated {
      findings.error(at: member.nameRange.lowerBound, ManifestRules.repeatedName)
    }
    let root = document.root
    guard root.members != nil else {
      findings.error(at: root.range.lowerBound, "a manifest is an object, and this is \(root.kind)")
      return nil
    }
    var manifest = Manifest()
    checkTexts(of: root)
    checkAuth(of: root, into: &manifest)
    checkURLs(of: root, into: &manifest)
    checkNames(of: root, known: ManifestRules.fields)
    return manifest
  }

  private mutating func checkTexts(of root: JSONValue) {
    if let (version, place) = text("schema_version", of: root, "\"v1\""), version != "v1" {
      findings.error(at: place, "\"schema_version\" is \"v1\" and nothing else")
    }
    if let (name, place) = text("name_for_model", of: root, "what models call it, as in todo_list") {
      limit(name, to: 50, "name_for_model", at: place)
      if !name.utf8.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "_") }) {
        findings.error(at: place, "\"name_for_model\" is letters, digits and _, and no more")
      }
    }
    if let (name, place) = text("name_for_human", of: root, "what people call it") {
      limit(name, to: 20, "name_for_human", at: place)
    }
    if let (text, place) = text("description_for_model", of: root, "what models are told of it") {
      limit(text, to: 8000, "description_for_model", at: place)
    }
    if let (text, place) = text("description_for_human", of: root, "what people are told of it") {
      // 120 in older copies of the rules.
      limit(text, to: 100, "description_for_human", at: place)
    }
    if let (address, place) = text("contact_email", of: root, "whom people write to"),
      !ManifestRules.isMailAddress(address)
    {
      findings.error(at: place, "\"contact_email\" is no mail address; write NAME@HOST alone")
    }
  }

  /// As far as can be told without writing to it.
  private static func isMailAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { !$0.isEmpty && !$0.contains { $0.isWhitespace || "<>\",:;".contains($0) } }
  }

  /// Characters as people count them. Applications are not as strict as their rules, so it is a warning.
  private mutating func limit(_ text: String, to maximum: Int, _ name: String, at place: Int) {
    guard text.count > maximum else { return }
    findings.warning(at: place, "\"\(name)\" has \(text.count) characters where \(maximum) are allowed")
  }

  private mutating func checkURLs(of root: JSONValue, into manifest: inout Manifest) {
    let api = object("api", of: root, "where the API is described")
    if let api {
      if let (type, place) = text("type", of: api, "\"openapi\""), type != "openapi" {
        findings.error(at: place, "\"type\" of \"api\" is \"openapi\" and nothing else")
      }
      manifest.apiURL = url("url", of: api, "where the OpenAPI file is")
      for name in ["is_user_authenticated", "has_user_authentication"] {
        guard let value = api.value(of: name) else { continue }
        guard case .boolean = value.content else {
          findings.error(
            at: value.range.lowerBound, "\"\(name)\" is true or false, and this is \(value.kind)")
          continue
        }
      }
      checkNames(of: api, known: ["type", "url", "is_user_authenticated", "has_user_authentication"])
    }
    manifest.logoURL = url("logo_url", of: root, "where its picture is")
    let legal = url("legal_info_url", of: root, "where people read the terms")

    let site = home ?? manifest.apiURL
    if let home, let value = api?.value(of: "url"), let url = manifest.apiURL {
      checkDomain(of: url, at: value, "url", against: home, "the manifest is on")
    }
    if let site, let value = root.value(of: "legal_info_url"), let legal {
      checkDomain(
        of: legal, at: value, "legal_info_url", against: site,
        home == nil ? "the API is on" : "the manifest is on")
    }
  }

  private mutating func checkDomain(
    of url: WebURL, at value: JSONValue, _ name: String, against site: WebURL, _ relation: String
  ) {
    guard url.registeredDomain != site.registeredDomain else { return }
    findings.error(
      at: value.range.lowerBound,
      "\"\(name)\" is on \(url.host), but \(relation) \(site.host); "
        + "write a URL of \(site.registeredDomain) or of a name below it")
  }

  static let repeatedName =
    "this name stands in the object already; which of the two counts differs from reader to reader"
  static let fields = [
    "schema_version", "name_for_model", "name_for_human", "description_for_model", "description_for_human",
    "auth",
    "api", "logo_url", "contact_email", "legal_info_url",
  ]
}
