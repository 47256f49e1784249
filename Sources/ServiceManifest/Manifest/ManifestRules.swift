import BearerAuth

/// The rules for `auth`: how applications authenticate.
extension ManifestRules {
  mutating func checkAuth(of root: JSONValue, into manifest: inout Manifest) {
    guard let auth = object("auth", of: root, "how applications authenticate") else { return }
    checkSecrets(of: auth)
    guard let (type, place) = text("type", of: auth, "\"service_http\"") else { return }
    manifest.authType = type
    switch type {
    case "none":
      findings.warning(
        at: place, "\"none\" means that applications send no token; use \"service_http\"")
    case "user_http":
      checkAuthorizationType(of: auth)
    case "service_http":
      checkAuthorizationType(of: auth)
      manifest.verificationTokens = checkVerificationTokens(of: auth)
    case "oauth":
      _ = url("client_url", of: auth, "the login URL")
      _ = url("authorization_url", of: auth, "the token URL")
      manifest.verificationTokens = checkVerificationTokens(of: auth)
    default:
      let near = Spelling.nearest(to: type, among: ManifestRules.authTypes)
      findings.error(
        at: place,
        "\"type\" of \"auth\" must be one of \(ManifestRules.authTypes.joined(separator: ", "))"
          + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    checkNames(of: auth, known: ["type", "authorization_type", "verification_tokens"])
  }

  private mutating func checkAuthorizationType(of auth: JSONValue) {
    guard let (type, place) = text("authorization_type", of: auth, "\"bearer\"") else { return }
    switch type {
    case "bearer": break
    case "basic":
      findings.warning(at: place, "\"basic\" sends a user name and a password; use \"bearer\"")
    default: findings.error(at: place, "\"authorization_type\" must be \"bearer\" or \"basic\"")
    }
  }

  private mutating func checkVerificationTokens(of auth: JSONValue) -> [VerificationToken] {
    guard let value = object("verification_tokens", of: auth, "the verification tokens by application")
    else { return [] }
    let members = value.members ?? []
    if members.isEmpty {
      findings.warning(
        at: value.range.lowerBound,
        "no application is registered yet; when one has issued its verification token, run: "
          + "bearerd manifest verify APP VALUE")
    }
    var tokens: [VerificationToken] = []
    var owners: [[UInt8]: String] = [:]
    for member in members {
      guard let token = checkVerificationToken(member) else { continue }
      tokens.append(token)
      guard !token.isPlaceholder else { continue }
      let value = Array(token.value.utf8)
      guard let other = owners[value] else {
        owners[value] = token.application
        continue
      }
      findings.warning(
        at: token.range.lowerBound,
        "\(other) has the same verification token; each application issues its own")
    }
    return tokens
  }

  private mutating func checkVerificationToken(_ member: JSONMember) -> VerificationToken? {
    let place = member.value.range.lowerBound
    guard let value = member.value.string else {
      findings.error(at: place, "a verification token must be a string, not \(member.value.kind)")
      return nil
    }
    let token = VerificationToken(application: member.name, value: value, range: member.value.range)
    if ApplicationName(member.name) == nil {
      findings.warning(
        at: member.nameRange.lowerBound, "unusual application name; use \(ApplicationName.rule)"
      )
    }
    guard !token.isPlaceholder else {
      findings.warning(
        at: place,
        "\(member.name) is not registered yet: this is a placeholder; when it has issued its verification token, run: "
          + "bearerd manifest verify \(member.name) VALUE")
      return token
    }
    if value.contains(where: \.isWhitespace) {
      findings.error(at: place, "a verification token must not contain spaces; paste it as issued")
    }
    return token
  }

  /// A common mistake: the secret token itself in this block.
  private mutating func checkSecrets(of auth: JSONValue) {
    for member in auth.members ?? [] where member.value.string?.isEmpty == false {
      guard ManifestRules.secretNames.contains(member.name.lowercased()) else { continue }
      findings.error(
        at: member.nameRange.lowerBound,
        "\"\(member.name)\": a secret in a manifest is public; paste the token into the application, "
          + "and revoke the one here")
    }
  }

  private static let authTypes = ["none", "user_http", "service_http", "oauth"]
  private static let secretNames: Set<String> = [
    "access_token", "api_key", "apikey", "bearer", "bearer_token", "client_secret", "key", "password",
    "secret",
    "service_access_token", "service_token", "token",
  ]
}

/// Helpers that read a member of the expected kind, and report anything else.
extension ManifestRules {
  /// A non-empty text, and its position.
  /// - Parameter purpose: the expected content, for the message if it is missing.
  mutating func text(_ name: String, of parent: JSONValue, _ purpose: String) -> (text: String, place: Int)? {
    guard let value = value(name, of: parent, purpose) else { return nil }
    let place = value.range.lowerBound
    guard let text = value.string else {
      findings.error(at: place, "\"\(name)\" must be a string, not \(value.kind)")
      return nil
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      findings.error(at: place, "\"\(name)\" is empty; write \(purpose)")
      return nil
    }
    return (text, place)
  }

  mutating func object(_ name: String, of parent: JSONValue, _ purpose: String) -> JSONValue? {
    guard let value = value(name, of: parent, purpose) else { return nil }
    guard value.members != nil else {
      findings.error(at: value.range.lowerBound, "\"\(name)\" must be an object, not \(value.kind)")
      return nil
    }
    return value
  }

  mutating func url(_ name: String, of parent: JSONValue, _ purpose: String) -> WebURL? {
    guard let (text, place) = text(name, of: parent, purpose) else { return nil }
    do throws(WebURL.Invalid) {
      let url = try WebURL(parsing: text)
      if !url.isSecure, !url.isLoopback {
        findings.warning(at: place, "\"\(name)\" is not encrypted; use https://")
      }
      return url
    } catch {
      let isMail = text.contains("@") && !text.contains("/")
      findings.error(
        at: place, "\"\(name)\" \(isMail ? "is a mail address; use https://HOST/PATH" : error.description)")
      return nil
    }
  }

  private mutating func value(_ name: String, of parent: JSONValue, _ purpose: String) -> JSONValue? {
    if let value = parent.value(of: name) { return value }
    let near = Spelling.nearest(to: name, among: parent.members?.map(\.name) ?? [])
    guard let near, let member = parent.member(near), !ManifestRules.fields.contains(near) else {
      findings.error(at: parent.range.lowerBound, "\"\(name)\" is missing: \(purpose)")
      return nil
    }
    findings.error(at: member.nameRange.lowerBound, "\"\(near)\" is unknown; did you mean \"\(name)\"?")
    return nil
  }

  /// Misspelled names beside the correct one: one of the two is a leftover. Unknown names are allowed: they are
  /// extensions.
  mutating func checkNames(of parent: JSONValue, known: [String]) {
    let present = known.filter { parent.member($0) != nil }
    for member in parent.members ?? [] where !known.contains(member.name) {
      guard let meant = Spelling.nearest(to: member.name, among: known), present.contains(meant) else {
        continue
      }
      findings.warning(
        at: member.nameRange.lowerBound, "\"\(member.name)\" is unknown, and \"\(meant)\" exists too")
    }
  }
}
