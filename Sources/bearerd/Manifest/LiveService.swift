import BearerdService
import ServiceManifest

/// Checks a published manifest and the files it names, like an application's installer.
struct LiveService {
  /// The origin of the installer's page; a browser lets it read a file only if the response allows that.
  let origin: String
  let route: HTTPRoute?

  func check(_ url: WebURL, into report: inout ManifestReport) throws {
    if url.path != Manifest.path {
      report.warning(url.description, "installers read \(url.origin)\(Manifest.path) only")
    }
    guard let response = try published(url, "the manifest", into: &report) else { return }
    checkReading(response, of: url, into: &report)
    if response.value(of: "Content-Type")?.contains("json") != true {
      report.warning(url.description, "its Content-Type is not application/json")
    }
    let manifest = try report.check(manifest: response.body, of: url.description, publishedAt: url)
    guard let manifest else { return }
    if let logo = manifest.logoURL { try checkLogo(logo, into: &report) }
    guard let api = manifest.apiURL else { return }
    guard let response = try published(api, "the OpenAPI file", into: &report) else { return }
    checkReading(response, of: api, into: &report)
    let openAPI = try report.check(openAPI: response.body, of: api.description)
    guard manifest.authType != "none" else { return }
    try LiveResources(home: url, openAPI: api, manifest: manifest, route: route).check(openAPI, into: &report)
  }

  private func checkLogo(_ url: WebURL, into report: inout ManifestReport) throws {
    guard let response = try published(url, "the logo", into: &report) else { return }
    try report.search(response.body, of: url.description)
    if response.value(of: "Content-Type")?.hasPrefix("image/") != true {
      report.warning(url.description, "its Content-Type is not image/...")
    }
  }

  /// Fetches a file that must be public; nil, with an error, if it is not.
  private func published(_ url: WebURL, _ what: String, into report: inout ManifestReport) throws
    -> HTTPResponse?
  {
    let name = url.description
    let response: HTTPResponse
    do {
      let header = (name: "Origin", value: Array(origin.utf8))
      response = try Curl.response(to: HTTPRequest(url: url, headers: [header], route: route))
    } catch let error as Curl.Unanswered {
      report.error(name, "\(what) cannot be fetched: \(error)")
      return nil
    }
    try report.search(headersOf: response, from: url)
    switch response.status {
    case 200: return response
    case 401, 403:
      report.error(
        name,
        "\(what) must be public but answers \(response.status): it needs a public location of its own: "
          + "location = \(url.path.prefix { $0 != "?" }) { auth_request off; }")
    case 300...399:
      report.error(
        name,
        "\(what) redirects to \(response.value(of: "Location") ?? "no location"); serve it at this URL"
      )
    default: report.error(name, "\(what) cannot be fetched: the response is \(response.status)")
    }
    return nil
  }

  /// Whether a browser lets an installer's page read the response (Fetch, CORS check).
  private func checkReading(_ response: HTTPResponse, of url: WebURL, into report: inout ManifestReport) {
    let allowed = response.values(of: "Access-Control-Allow-Origin")
    guard allowed != ["*"], allowed != [origin] else { return }
    let found =
      allowed.isEmpty
      ? "has no Access-Control-Allow-Origin"
      : allowed.count > 1 ? "has several Access-Control-Allow-Origin" : "allows only \(allowed[0])"
    report.error(
      url.description,
      "it \(found), so a browser does not let installers' pages read it; add to its location: "
        + "add_header Access-Control-Allow-Origin \"*\";")
  }
}

/// Checks that the API described by an OpenAPI file requires tokens.
struct LiveResources {
  /// The URL of the manifest: requests are sent to servers of its domain only.
  let home: WebURL
  let openAPI: WebURL
  let manifest: Manifest
  let route: HTTPRoute?

  /// The number of paths that are tried; most are in one location.
  private static let maximumPaths = 20
  private static let maximumServers = 10
  private static let maximumTokens = 20

  func check(_ outline: OpenAPICheck, into report: inout ManifestReport) throws {
    let servers = outline.servers.isEmpty ? ["/"] : outline.servers
    if servers.count > LiveResources.maximumServers {
      report.warning(
        openAPI.description,
        "\(servers.count) servers; only the first \(LiveResources.maximumServers) were checked")
    }
    for server in servers.prefix(LiveResources.maximumServers) {
      guard let base = base(server, into: &report) else { continue }
      for path in outline.paths.prefix(LiveResources.maximumPaths) {
        guard let url = try? WebURL(parsing: base + LiveResources.filled(path)) else { continue }
        try checkResource(url, into: &report)
      }
    }
  }

  /// The server without a trailing slash; nil if it is not on the site's domain.
  private func base(_ server: String, into report: inout ManifestReport) -> String? {
    guard let url = try? openAPI.resolving(server) else {
      report.warning(openAPI.description, "the server \"\(server)\" was not checked: it is not a URL")
      return nil
    }
    guard url.registeredDomain == home.registeredDomain else {
      report.warning(
        openAPI.description,
        "the server \(url) is not on \(home.registeredDomain): applications would send the token there; "
          + "it was not checked")
      return nil
    }
    return url.description.hasSuffix("/") ? String(url.description.dropLast()) : url.description
  }

  /// `/todos/1` for `/todos/{id}`: authorization is checked before the backend looks for the resource.
  private static func filled(_ template: String) -> String {
    var path = ""
    var isParameter = false
    for character in template {
      if character == "{" { path += "1" }
      if character == "{" || character == "}" {
        isParameter = character == "{"
      } else if !isParameter {
        path.append(character)
      }
    }
    return path
  }

  private func checkResource(_ url: WebURL, into report: inout ManifestReport) throws {
    let request = HTTPRequest(url: url, timeout: 45, route: route)
    guard let status = try statusCode(of: request, into: &report) else { return }
    guard status == 401 || status == 403 else {
      report.error(url.description, LiveResources.message(status))
      return
    }
    guard request.isPrivate else {
      report.warning(
        url.description, "the verification tokens were not tried: over http, others could read them")
      return
    }
    let tokens = manifest.verificationTokens.filter { !$0.isPlaceholder && ManifestText.isPlain($0.value) }
    if tokens.count > LiveResources.maximumTokens {
      report.warning(
        url.description,
        "\(tokens.count) verification tokens; only the first \(LiveResources.maximumTokens) were tried")
    }
    for token in tokens.prefix(LiveResources.maximumTokens) {
      let status = try statusCode(of: request.authorized(Array("Bearer \(token.value)".utf8)), into: &report)
      guard let status, status != 401, status != 403, status < 500 else { continue }
      report.error(
        url.description,
        "the verification token of \(token.application) is accepted as a credential (\(status)), but it is public "
          + "in the manifest; remove it from the API's tokens")
    }
  }

  private func statusCode(of request: HTTPRequest, into report: inout ManifestReport) throws -> Int? {
    do {
      let response = try Curl.response(to: request)
      try report.search(headersOf: response, from: request.url)
      return response.status
    } catch let error as Curl.Unanswered {
      report.error(request.url.description, "the API does not answer: \(error)")
      return nil
    }
  }

  private static func message(_ status: Int) -> String {
    switch status {
    case 200...299:
      "answers \(status) without a token: not protected; in its location: include snippets/bearerd-guard.conf;"
    case 300...399:
      "answers \(status) without a token instead of 401: applications do not follow redirects to a login page"
    case 500...599: "answers \(status) without a token instead of 401: is bearerd running?"
    default:
      "answers \(status) without a token instead of 401: not checked before the backend; in its location: "
        + "include snippets/bearerd-guard.conf;"
    }
  }
}
