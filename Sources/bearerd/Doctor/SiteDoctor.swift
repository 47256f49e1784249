import BearerAuth
import NginxConfiguration
import ServiceManifest

/// Looks at a door of a live site from outside.
struct SiteDoctor {
  let url: WebURL
  /// One that must open the door.
  let token: [UInt8]?
  let publicPaths: [String]
  let origin: String?
  let route: HTTPRoute?
  /// Of the nginx that answers, if it is to be judged as well.
  let configuration: ConfigurationText?

  func examine() throws {
    var diagnosis = try Diagnosis(of: url.description)
    do {
      try examine(&diagnosis)
    } catch let error as Curl.Unanswered {
      try diagnosis.wrong("no answer", error.description)
    }
    try judgeConfiguration(&diagnosis)
    try diagnosis.finish()
  }

  private func examine(_ diagnosis: inout Diagnosis) throws {
    try checkEncryption(&diagnosis)
    let unknown = try ask()
    let front = WebServerName(server: unknown.value(of: "Server"))
    if try isShut(to: unknown, front, &diagnosis), try staysShut(front, &diagnosis) {
      try checkVariants(front, &diagnosis)
      try checkBodyOverHTTP2(unknown, front, &diagnosis)
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

/// The web server in front of a site, by its own word.
enum WebServerName: String, CaseIterable {
  case nginx, apache, lighttpd, caddy, haproxy

  /// Nil where the Server header names none, or is hidden.
  init?(server: String?) {
    let name = server?.lowercased() ?? ""
    guard let front = WebServerName.allCases.first(where: { name.contains($0.rawValue) }) else { return nil }
    self = front
  }
}

/// What to write, for the front that is there, or for each where nobody knows which that is.
enum Remedy {
  case guardLocation
  /// Another spelling of a path: slashes, case, `;x`.
  case guardSpelling(slashes: Bool)
  case guardMethods
  /// An error page for what is answered before the check.
  case guardErrorPage
  /// Another version of HTTP, or another form of the request.
  case guardServers
  case bodyOverHTTP2
  case challenge
  case passAuthorization
  case allowPublic(path: String)

  func lines(for front: WebServerName?) -> [String] {
    guard let front else {
      return WebServerName.allCases.flatMap { front in lines(of: front).map { "\(front.rawValue): \($0)" } }
    }
    return lines(of: front)
  }

  private func lines(of front: WebServerName) -> [String] {
    switch (self, front) {
    case (.guardLocation, .nginx): ["in the location: include snippets/bearerd-guard.conf;"]
    case (.guardLocation, .apache):
      [
        "in the Location: FcgidAccessChecker \"/usr/local/bin/bearerd serve --tokens /etc/bearerd/tokens --workers 1\"",
        "in the Location: FcgidAccessCheckerAuthoritative On",
      ]
    case (.guardLocation, .lighttpd): ["in fastcgi.server: \"/PATH/\" => bearerd,"]
    case (.guardLocation, .caddy): ["first in the route: import bearerd \"\""]
    case (.guardLocation, .haproxy): ["in the frontend: http-request lua.bearerd unless public"]
    case (.guardSpelling(slashes: true), .nginx): ["in the server: merge_slashes on; (the default)"]
    case (.guardSpelling, .nginx):
      ["in the server: include snippets/bearerd-guard.conf; and auth_request off; in its public locations"]
    case (.guardSpelling(slashes: true), .apache): ["in the server: MergeSlashes On"]
    case (.guardSpelling, .apache): ["guard <Location \"/\">, or the <Directory> of the files"]
    case (.guardSpelling, .lighttpd):
      ["in fastcgi.server: \"/\" => bearerd, and server.force-lowercase-filenames = \"disable\""]
    case (.guardSpelling, .caddy): ["route { import bearerd \"\" ... }, and the public routes before it"]
    case (.guardMethods, .nginx):
      ["in the location: include snippets/bearerd-guard.conf; and no limit_except and no if around it"]
    case (.guardMethods, .apache): ["no <Limit> and no <LimitExcept> around the guard of the Location"]
    case (.guardMethods, .lighttpd): ["no $HTTP[\"request-method\"] around the guard"]
    case (.guardMethods, .caddy): ["no method in the matcher of the guarded route"]
    case (.guardErrorPage, .nginx):
      ["in the location that error_page 413 leads to: include snippets/bearerd-guard.conf;"]
    case (.guardErrorPage, .apache): ["an ErrorDocument 413 that is public"]
    case (.guardErrorPage, .lighttpd): ["a server.errorfile-prefix that is public"]
    case (.guardErrorPage, .caddy): ["in handle_errors: import bearerd \"\""]
    case (.guardServers, .nginx):
      ["in every server of this address: include snippets/bearerd-guard.conf; and no if around it"]
    case (.guardServers, .apache): ["in every VirtualHost of this address: the lines of the guarded Location"]
    case (.guardServers, .lighttpd): ["in every $SERVER[\"socket\"]: the guarded paths"]
    case (.guardServers, .caddy): ["in every site of this address: import bearerd \"\""]
    case (.guardSpelling, .haproxy), (.guardMethods, .haproxy), (.guardServers, .haproxy),
      (.guardErrorPage, .haproxy):
      ["in every frontend, before all other rules that answer: http-request lua.bearerd unless public"]
    case (.bodyOverHTTP2, .lighttpd): ["server.feature-flags += ( \"server.h2proto\" => \"disable\" )"]
    case (.bodyOverHTTP2, _): []
    case (.challenge, .nginx):
      [
        "in the server: include snippets/bearerd-denied.conf;",
        "in the location: include snippets/bearerd-guard.conf; and no error_page 401 of your own",
      ]
    case (.challenge, .apache): ["no ErrorDocument 401 that is a URL"]
    case (.challenge, .haproxy):
      ["in the frontend, behind return status 401: hdr WWW-Authenticate \"%[var(txn.bearerd_challenge)]\""]
    case (.challenge, .lighttpd), (.challenge, .caddy): ["no error page of your own for 401"]
    case (.passAuthorization, .nginx):
      [
        "in location = /_bearerd: fastcgi_param HTTP_AUTHORIZATION $bearerd_authorization; as in bearerd-auth.conf",
        "in a proxy before it: proxy_set_header Authorization $http_authorization;",
      ]
    case (.passAuthorization, .apache):
      ["in the Location: CGIPassAuth On"]
    case (.passAuthorization, .lighttpd): ["no setenv.set-request-header for Authorization"]
    case (.passAuthorization, .caddy): ["no request_header -Authorization before: import bearerd \"\""]
    case (.passAuthorization, .haproxy): ["in the fcgi-app: pass-header authorization"]
    case (.allowPublic(let path), .nginx): ["in the server: location = \(path) { auth_request off; }"]
    case (.allowPublic(let path), .apache): ["guard a Location that does not hold \(path)"]
    case (.allowPublic(let path), .lighttpd): ["guard a path in fastcgi.server that does not hold \(path)"]
    case (.allowPublic(let path), .caddy): ["before the guarded routes: route \(path) { file_server }"]
    case (.allowPublic(let path), .haproxy): ["in the acl public: \(path)"]
    }
  }
}
