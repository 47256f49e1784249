import Foundation

/// What a web server does, as a row of the README's table.
struct WebServerFacts {
  static let head = """
    | web server | 401 with challenge | scope missing | two headers | protects files | protects backends | backend gets the name | log gets the name | daemon down |
    |---|---|---|---|---|---|---|---|---|
    """

  let row: String

  init(observing webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    let page = "/private/page.html"
    let anonymous = try ["GET", "HEAD", "POST"].allSatisfy { method in
      // lighttpd wants a length.
      let response = try site.http.request(method, page, body: method == "POST" ? Array("a=b".utf8) : [])
      return response.status == 401 && response.headers("WWW-Authenticate") == [WebServerTests.challenge]
    }
    let unknown = try site.http.get(page, token: "unknown")
    let isChallenged = anonymous && unknown.status == 401 && !unknown.headers("WWW-Authenticate").isEmpty
    let forbidden = try site.http.get(page, token: site.tokens.writer)
    let both = try site.http.get(page, token: site.tokens.app, "Authorization: Bearer \(site.tokens.app)")
    let backend = try WebServerFacts.backend(of: site)
    let isPage = try site.http.get(page, token: site.tokens.near).body == "protected page\n"
    try site.stopDaemon(SIGTERM)
    let down = try site.http.get(page, token: site.tokens.app)
    let isLogged = try site.accessLog().split(separator: "\n").contains {
      $0.contains(page) && $0.contains("near")
    }
    let name = "[\(webServer)](examples/\(webServer.example))"
    let cells = [
      name, WebServerFacts.word(isChallenged), "\(forbidden.status)", "\(both.status)",
      WebServerFacts.word(isPage),
      backend.guards,
      backend.isTold, WebServerFacts.word(isLogged), "\(down.status)",
    ]
    row = "| \(cells.joined(separator: " | ")) |"
  }

  /// Whether a POST with its body goes through to a backend for those who may alone, and what the backend learns.
  private static func backend(of site: WebServerSite) throws -> (guards: String, isTold: String) {
    let body = Array("a=b".utf8)
    let lines = [Array("Authorization: Bearer \(site.tokens.app)".utf8)]
    let post = try site.http.request("POST", "/api/x", lines: lines, body: body)
    guard post.status == 200, post.body.contains("body 3 ") else { return ("no", "-") }
    let isShut = try site.http.request("POST", "/api/x", body: body).status == 401
    let seen = post.body.lowercased()
    let isTold = seen.contains("x-bearerd-application: app\r\n") && !seen.contains("authorization")
    return (word(isShut), word(isTold))
  }

  private static func word(_ fact: Bool) -> String { fact ? "yes" : "no" }
}
