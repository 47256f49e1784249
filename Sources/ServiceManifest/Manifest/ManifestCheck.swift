import BearerAuth

/// The content of a checked ai-plugin.json, as far as it is valid.
package struct Manifest: Sendable {
  /// `service_http`, `none`, ...
  package internal(set) var authType: String?
  /// The verification tokens, in the order of the file, including placeholders.
  package internal(set) var verificationTokens: [VerificationToken] = []
  /// The URL of the OpenAPI file.
  package internal(set) var apiURL: WebURL?
  /// The URL of the logo.
  package internal(set) var logoURL: WebURL?

  /// The path at which a site must publish it.
  package static let path = "/.well-known/ai-plugin.json"
}

/// A value that an application issues, to verify that the manifest belongs to the developer who registered it.
/// It is published in the manifest, so it is public.
package struct VerificationToken: Sendable {
  /// The application: `openai`.
  package let application: String
  /// As issued, or a placeholder.
  package let value: String
  /// Its bytes in the file, including quotes.
  package let range: Range<Int>

  /// Whether it is a placeholder, because the application has not issued it yet.
  package var isPlaceholder: Bool { VerificationToken.isPlaceholder(value) }

  /// The placeholder that `manifest new` writes for an application.
  package static func placeholder(for application: String) -> String {
    "Replace_this_string_with_the_verification_token_of_\(application)"
  }

  /// Nothing, one repeated character, or words such as "replace" and "token". Values issued by applications are
  /// random and contain no words.
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

/// Checks an ai-plugin.json by itself, without the network.
package struct ManifestCheck: Sendable {
  /// In the order of the file.
  package let findings: [Finding]
  /// The content; nil if the file is not a JSON object.
  package let manifest: Manifest?

  /// Checks the bytes of a manifest.
  /// - Parameters:
  ///   - name: the file's name in findings.
  ///   - home: the URL at which it is published; nil if only the file is known.
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
      findings.error(at: root.range.lowerBound, "a manifest must be an object, not \(root.kind)")
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
      findings.error(at: place, "\"schema_version\" must be \"v1\"")
    }
    if let (name, place) = text("name_for_model", of: root, "the name for models, as in todo_list") {
      limit(name, to: 50, "name_for_model", at: place)
      if !name.utf8.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "_") }) {
        findings.error(at: place, "\"name_for_model\" must be letters, digits and _ only")
      }
    }
    if let (name, place) = text("name_for_human", of: root, "the name for users") {
      limit(name, to: 20, "name_for_human", at: place)
    }
    if let (text, place) = text("description_for_model", of: root, "the description for models") {
      limit(text, to: 8000, "description_for_model", at: place)
    }
    if let (text, place) = text("description_for_human", of: root, "the description for users") {
      // 120 in older versions of the rules.
      limit(text, to: 100, "description_for_human", at: place)
    }
    if let (address, place) = text("contact_email", of: root, "the contact's mail address"),
      !ManifestRules.isMailAddress(address)
    {
      findings.error(at: place, "\"contact_email\" is not a mail address; write NAME@HOST only")
    }
  }

  /// As far as can be judged without sending a mail.
  private static func isMailAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { !$0.isEmpty && !$0.contains { $0.isWhitespace || "<>\",:;".contains($0) } }
  }

  /// Counts user-visible characters. Applications are less strict than their rules, so this is a warning.
  private mutating func limit(_ text: String, to maximum: Int, _ name: String, at place: Int) {
    guard text.count > maximum else { return }
    findings.warning(at: place, "\"\(name)\" has \(text.count) characters; at most \(maximum) are allowed")
  }

  private mutating func checkURLs(of root: JSONValue, into manifest: inout Manifest) {
    let api = object("api", of: root, "the description of the API")
    if let api {
      if let (type, place) = text("type", of: api, "\"openapi\""), type != "openapi" {
        findings.error(at: place, "\"type\" of \"api\" must be \"openapi\"")
      }
      manifest.apiURL = url("url", of: api, "the URL of the OpenAPI file")
      for name in ["is_user_authenticated", "has_user_authentication"] {
        guard let value = api.value(of: name) else { continue }
        guard case .boolean = value.content else {
          findings.error(
            at: value.range.lowerBound, "\"\(name)\" must be true or false, not \(value.kind)")
          continue
        }
      }
      checkNames(of: api, known: ["type", "url", "is_user_authenticated", "has_user_authentication"])
    }
    manifest.logoURL = url("logo_url", of: root, "the URL of the logo")
    let legal = url("legal_info_url", of: root, "the URL of the terms")

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
        + "use a URL on \(site.registeredDomain) or a subdomain")
  }

  static let repeatedName =
    "duplicate name; parsers differ in which of the two they use"
  static let fields = [
    "schema_version", "name_for_model", "name_for_human", "description_for_model", "description_for_human",
    "auth",
    "api", "logo_url", "contact_email", "legal_info_url",
  ]
}
