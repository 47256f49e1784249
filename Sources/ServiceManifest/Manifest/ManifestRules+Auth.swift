import BearerAuth

/// The block that says how applications show who they are.
extension ManifestRules {
  mutating func checkAuth(of root: JSONValue, into manifest: inout Manifest) {
    guard let auth = object("auth", of: root, "how applications show who they are") else { return }
    checkSecrets(of: auth)
    guard let (type, place) = text("type", of: auth, "\"service_http\"") else { return }
    manifest.authType = type
    switch type {
    case "none":
      findings.warning(
        at: place, "\"none\" tells applications to come without a token; write \"service_http\"")
    case "user_http":
      checkAuthorizationType(of: auth)
    case "service_http":
      checkAuthorizationType(of: auth)
      manifest.verificationTokens = checkVerificationTokens(of: auth)
    case "oauth":
      _ = url("client_url", of: auth, "where people log in")
      _ = url("authorization_url", of: auth, "where codes become tokens")
      manifest.verificationTokens = checkVerificationTokens(of: auth)
    default:
      let near = Spelling.nearest(to: type, among: ManifestRules.authTypes)
      findings.error(
        at: place,
        "\"type\" of \"auth\" is one of \(ManifestRules.authTypes.joined(separator: ", "))"
          + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    checkNames(of: auth, known: ["type", "authorization_type", "verification_tokens"])
  }

  private mutating func checkAuthorizationType(of auth: JSONValue) {
    guard let (type, place) = text("authorization_type", of: auth, "\"bearer\"") else { return }
    switch type {
    case "bearer": break
    case "basic":
      findings.warning(at: place, "\"basic\" sends a name and a password; bearerd checks only \"bearer\"")
    default: findings.error(at: place, "\"authorization_type\" is \"bearer\" or \"basic\"")
    }
  }

  private mutating func checkVerificationTokens(of auth: JSONValue) -> [VerificationToken] {
    guard let value = object("verification_tokens", of: auth, "what the applications issue, by their names")
    else { return [] }
    let members = value.members ?? []
    if members.isEmpty {
      findings.warning(
        at: value.range.lowerBound,
        "no application is registered yet; when one has issued its verification token: "
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
        at: token.range.lowerBound, "\(other) has the same verification token; each issues its own")
    }
    return tokens
  }

  private mutating func checkVerificationToken(_ member: JSONMember) -> VerificationToken? {
    let place = member.value.range.lowerBound
    guard let value = member.value.string else {
      findings.error(at: place, "a verification token is a string, and this is \(member.value.kind)")
      return nil
    }
    let token = VerificationToken(application: member.name, value: value, range: member.value.range)
    if ApplicationName(member.name) == nil {
      findings.warning(
        at: member.nameRange.lowerBound, "unusual for an application's name, which is \(ApplicationName.rule)"
      )
    }
    guard !token.isPlaceholder else {
      findings.warning(
        at: place,
        "\(member.name) is not registered yet: this is a placeholder; when it has issued its verification token: "
          + "bearerd manifest verify \(member.name) VALUE")
      return token
    }
    if value.contains(where: \.isWhitespace) {
      findings.error(at: place, "a verification token has no spaces; paste it as it was issued")
    }
    return token
  }

  /// What some take the block for: the place of the secret itself.
  private mutating func checkSecrets(of auth: JSONValue) {
    for member in auth.members ?? [] where member.value.string?.isEmpty == false {
      guard ManifestRules.secretNames.contains(member.name.lowercased()) else { continue }
      findings.error(
        at: member.nameRange.lowerBound,
        "\"\(member.name)\": a secret in here is known to everybody; paste the token into the application, "
          + "and take back the one that stood here")
    }
  }

  private static let authTypes = ["none", "user_http", "service_http", "oauth"]
  private static let secretNames: Set<String> = [
    "access_token", "api_key", "apikey", "bearer", "bearer_token", "client_secret", "key", "password",
    "secret",
    "service_access_token", "service_token", "token",
  ]
}
