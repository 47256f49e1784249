import ServiceManifest

/// Whether the API that an OpenAPI file describes asks for tokens.
struct LiveDoors {
  /// Where the manifest is: nobody else's servers are asked anything.
  let home: WebURL
  let openAPI: WebURL
  let manifest: Manifest
  let route: HTTPRoute?

  /// So many paths are tried; one door is behind many.
  private static let maximumPaths = 20
  private static let maximumServers = 10
  private static let maximumTokens = 20

  func check(_ outline: OpenAPICheck, into report: inout ManifestReport) throws {
    let servers = outline.servers.isEmpty ? ["/"] : outline.servers
    if servers.count > LiveDoors.maximumServers {
      report.warning(
        openAPI.description,
        "\(servers.count) servers; only the first \(LiveDoors.maximumServers) were asked")
    }
    for server in servers.prefix(LiveDoors.maximumServers) {
      guard let base = base(server, into: &report) else { continue }
      for path in outline.paths.prefix(LiveDoors.maximumPaths) {
        guard let url = try? WebURL(parsing: base + LiveDoors.filled(path)) else { continue }
        try checkDoor(url, into: &report)
      }
    }
  }

  /// The server without the slash at its end; nil where it is none of ours.
  private func base(_ server: String, into report: inout ManifestReport) -> String? {
    guard let url = try? openAPI.resolving(server) else {
      report.warning(openAPI.description, "the server \"\(server)\" was not asked: it is no URL")
      return nil
    }
    guard url.registeredDomain == home.registeredDomain else {
      report.warning(
        openAPI.description,
        "the server \(url) is not on \(home.registeredDomain): the token would go there; it was not asked")
      return nil
    }
    return url.description.hasSuffix("/") ? String(url.description.dropLast()) : url.description
  }

  /// `/todos/1` for `/todos/{id}`: the door is asked before anybody looks whether that exists.
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

  private func checkDoor(_ url: WebURL, into report: inout ManifestReport) throws {
    let request = HTTPRequest(url: url, timeout: 45, route: route)
    guard let status = try answer(to: request, into: &report) else { return }
    guard status == 401 || status == 403 else {
      report.error(url.description, LiveDoors.message(status))
      return
    }
    guard request.isPrivate else {
      report.warning(
        url.description, "the verification tokens were not tried: over http, others could read what is sent")
      return
    }
    let tokens = manifest.verificationTokens.filter { !$0.isPlaceholder && ManifestText.isPlain($0.value) }
    if tokens.count > LiveDoors.maximumTokens {
      report.warning(
        url.description,
        "\(tokens.count) verification tokens; only the first \(LiveDoors.maximumTokens) were tried")
    }
    for token in tokens.prefix(LiveDoors.maximumTokens) {
      let status = try answer(to: request.authorized(Array("Bearer \(token.value)".utf8)), into: &report)
      guard let status, status != 401, status != 403, status < 500 else { continue }
      report.error(
        url.description,
        "the verification token of \(token.application) is taken for a credential (\(status)), and everybody can read "
          + "it in the manifest; take it out of the API's tokens")
    }
  }

  private func answer(to request: HTTPRequest, into report: inout ManifestReport) throws -> Int? {
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
      "answers \(status) without a token: no door; in its location: include snippets/bearerd-guard.conf;"
    case 300...399:
      "answers \(status) without a token, where 401 is due: applications do not follow to a login page"
    case 500...599: "answers \(status) without a token, where 401 is due: does bearerd run?"
    default:
      "answers \(status) without a token, where 401 is due: the question came before the door; in its location: "
        + "include snippets/bearerd-guard.conf;"
    }
  }
}
