import BearerdService
import ServiceManifest

/// A published manifest and what it names, looked at as an application's installer does.
struct LiveService {
  /// Where the installer's page is: a browser lets it read only what allows that.
  let origin: String
  let route: HTTPRoute?

  func check(_ url: WebURL, into report: inout ManifestReport) throws {
    if url.path != Manifest.path {
      report.warning(url.description, "installers look at \(url.origin)\(Manifest.path) and nowhere else")
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
    try LiveDoors(home: url, openAPI: api, manifest: manifest, route: route).check(openAPI, into: &report)
  }

  private func checkLogo(_ url: WebURL, into report: inout ManifestReport) throws {
    guard let response = try published(url, "the picture", into: &report) else { return }
    try report.search(response.body, of: url.description)
    if response.value(of: "Content-Type")?.hasPrefix("image/") != true {
      report.warning(url.description, "its Content-Type is no image/...")
    }
  }

  /// What everybody must get; nil, and an error, where not.
  private func published(_ url: WebURL, _ what: String, into report: inout ManifestReport) throws
    -> HTTPResponse?
  {
    let name = url.description
    let response: HTTPResponse
    do {
      let header = (name: "Origin", value: Array(origin.utf8))
      response = try Curl.response(to: HTTPRequest(url: url, headers: [header], route: route))
    } catch let error as Curl.Unanswered {
      report.error(name, "\(what) is not there: \(error)")
      return nil
    }
    try report.search(headersOf: response, from: url)
    switch response.status {
    case 200: return response
    case 401, 403:
      report.error(
        name,
        "\(what) must be public and answers \(response.status): the gate covers it; give it a location of its own: "
          + "location = \(url.path.prefix { $0 != "?" }) { auth_request off; }")
    case 300...399:
      report.error(
        name,
        "\(what) has moved to \(response.value(of: "Location") ?? "nowhere"); it must be where it is looked for"
      )
    default: report.error(name, "\(what) is not there: the answer is \(response.status)")
    }
    return nil
  }

  /// Whether a browser lets a page of the installer read it (the Fetch standard, CORS check).
  private func checkReading(_ response: HTTPResponse, of url: WebURL, into report: inout ManifestReport) {
    let allowed = response.values(of: "Access-Control-Allow-Origin")
    guard allowed != ["*"], allowed != [origin] else { return }
    let found =
      allowed.isEmpty
      ? "has no Access-Control-Allow-Origin"
      : allowed.count > 1 ? "has several Access-Control-Allow-Origin" : "allows only \(allowed[0])"
    report.error(
      url.description,
      "it \(found), so a browser keeps it from installers' pages; in its location: "
        + "add_header Access-Control-Allow-Origin \"*\";")
  }
}
