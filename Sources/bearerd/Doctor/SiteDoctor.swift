import BearerAuth
import ServiceManifest

/// Looks at a door of a live site from outside.
struct SiteDoctor {
  let url: WebURL
  /// One that must open the door.
  let token: [UInt8]?
  let publicPaths: [String]
  let origin: String?
  let route: HTTPRoute?

  func examine() throws {
    var diagnosis = try Diagnosis(of: url.description)
    do {
      try examine(&diagnosis)
    } catch let error as Curl.Unanswered {
      try diagnosis.wrong("no answer", error.description)
    }
    try diagnosis.finish()
  }

  private func examine(_ diagnosis: inout Diagnosis) throws {
    try checkEncryption(&diagnosis)
    let unknown = try ask()
    let front = WebServerName(server: unknown.value(of: "Server"))
    if try isShut(to: unknown, front, &diagnosis), try staysShut(front, &diagnosis) {
      try checkMethods(front, &diagnosis)
    }
    try checkPages(&diagnosis)
    for path in publicPaths { try checkPublic(path, front, &diagnosis) }
  }

  /// What the door answers.
  func ask(
    _ authorization: [UInt8]? = nil, method: String = "GET", headers: [(name: String, value: [UInt8])] = [],
    at place: WebURL? = nil
  ) throws -> HTTPResponse {
    let request = HTTPRequest(method: method, url: place ?? url, headers: headers, route: route)
    return try Curl.response(to: authorization.map(request.authorized) ?? request)
  }

  /// Where tokens may be sent: not where others on the way can read them.
  var isPrivate: Bool { HTTPRequest(url: url, route: route).isPrivate }

  private func checkEncryption(_ diagnosis: inout Diagnosis) throws {
    guard !isPrivate else { return }
    try diagnosis.wrong(
      "http:// and not https://",
      "a token that is sent here can be read by all on the way"
        + (token == nil ? "" : "; yours was not sent"),
      [
        "the server that guards: listen 443 ssl; with ssl_certificate and ssl_certificate_key",
        "the one that listens on port 80: return 403;",
      ])
  }

  /// Whether a caller without a token is refused as it must be.
  private func isShut(to answer: HTTPResponse, _ front: WebServerName?, _ diagnosis: inout Diagnosis) throws
    -> Bool
  {
    let seen = "without a token: \(answer.status)"
    switch answer.status {
    case 401:
      try checkChallenge(of: answer, front, &diagnosis)
      return true
    case 403:
      try diagnosis.wrong(
        seen, "401 is due, with what is asked for; something else than bearerd refuses everybody here",
        Remedy.guardLocation.lines(for: front))
    case 200...299:
      // nginx keeps the challenge of the 401 that it was.
      if let challenge = answer.value(of: "WWW-Authenticate") {
        try diagnosis.wrong(
          "\(seen), with \(challenge)", "an error page turns the door's 401 into \(answer.status)",
          ["in place of error_page 401 = ... or =200 ...: error_page 401 @bearerd_unauthorized;"])
      } else {
        try diagnosis.wrong(
          seen, "the door is open: its guard is missing, or comes too late",
          Remedy.guardLocation.lines(for: front))
      }
    case 300...399:
      let place = answer.value(of: "Location") ?? ""
      let isUpgrade = !url.isSecure && place.hasPrefix("https://")
      try diagnosis.wrong(
        "\(seen), to \(place)",
        isUpgrade
          ? "look at that URL; a caller who uses this one has sent its token in clear"
          : "401 is due: applications do not follow to a login page, and need not be shown one",
        isUpgrade ? ["in this server: return 403;"] : Remedy.guardLocation.lines(for: front))
    case 500...599:
      try diagnosis.wrong(
        seen, "the door cannot ask bearerd, or asks wrongly",
        ["bearerd doctor unix:/run/bearerd/bearerd.sock"])
    default:
      try diagnosis.wrong(
        seen, "401 is due before anybody looks further: there is no door here",
        Remedy.guardLocation.lines(for: front))
    }
    return false
  }

  private func checkChallenge(of answer: HTTPResponse, _ front: WebServerName?, _ diagnosis: inout Diagnosis)
    throws
  {
    let challenges = answer.values(of: "WWW-Authenticate")
    let lines = Remedy.challenge.lines(for: front)
    guard let text = challenges.first else {
      return try diagnosis.wrong(
        "without a token: 401, and no WWW-Authenticate",
        "a caller cannot know what is asked of it (RFC 9110, 15.5.2); some clients begin to register themselves",
        lines)
    }
    guard let challenge = challenges.lazy.map(ReceivedChallenge.init).first(where: \.isBearer) else {
      return try diagnosis.wrong(
        "without a token: 401, \(text)", "something else than bearerd asks here; its challenge is Bearer",
        front == .nginx ? ["in the location: auth_basic off;"] : Remedy.guardLocation.lines(for: front))
    }
    guard challenge.hasRealm else {
      return try diagnosis.wrong("without a token: 401, \(text)", "the challenge lacks its realm", lines)
    }
    try diagnosis.ok("without a token: 401, \(text)")
    if challenges.count > 1 {
      try diagnosis.note("there are \(challenges.count) challenges; some clients read one")
    }
  }
}
