/// The WWW-Authenticate header of an answer, as far as the doctor wants to know it (RFC 9110 section 11.6.1).
struct ReceivedChallenge {
  let isBearer: Bool
  let hasRealm: Bool
  /// `invalid_token` and the like; nil where no token was seen (RFC 6750 section 3.1).
  let error: String?
  /// The door's name, for a token that does not open it.
  let scope: String?

  init(_ value: String) {
    let scheme = value.prefix { $0 != " " }
    isBearer = scheme.lowercased() == "bearer"
    let parameters = value.dropFirst(scheme.count)
    hasRealm = ReceivedChallenge.parameter("realm", in: parameters) != nil
    error = ReceivedChallenge.parameter("error", in: parameters)
    scope = ReceivedChallenge.parameter("scope", in: parameters)
  }

  /// The value of `name="value"`; no quote in it is escaped where bearerd wrote it, but for the realm.
  private static func parameter(_ name: String, in text: Substring) -> String? {
    for start in [" \(name)=\"", ",\(name)=\""] {
      guard let range = text.firstRange(of: start) else { continue }
      return String(text[range.upperBound...].prefix { $0 != "\"" })
    }
    return nil
  }
}
