import Foundation
import Testing

@Suite("A denial through nginx")
struct NginxDenialTests {
  @Test(
    "tells the caller once what it lacks, on 401 and on 403",
    arguments: ["bearerd-denied.conf", "bearerd-denied-json.conf"])
  func challenge(denied: String) throws {
    let site = try NginxSite("--realm", "the site", configuration: NginxConfiguration(denied: denied))
    let reader = try site.token("reader", "--scopes", "read")
    let realm = "Bearer realm=\"the site\""
    let expectations: [(path: String, token: String?, status: Int, challenge: String)] = [
      ("/private/page.html", nil, 401, realm),
      (
        "/private/page.html", "a b", 401,
        "\(realm), error=\"invalid_request\", error_description=\"The Authorization header is not one bearer token\""
      ),
      (
        "/private/page.html", "unknown", 401,
        "\(realm), error=\"invalid_token\", error_description=\"The token is not valid\""
      ),
      (
        "/private/page.html", reader, 403,
        "\(realm), error=\"insufficient_scope\", error_description=\"The token does not open this door\""
      ),
      (
        "/api/write/x", reader, 403,
        "\(realm), error=\"insufficient_scope\", error_description=\"The token does not open this door\", "
          + "scope=\"write\""
      ),
    ]
    for (path, token, status, challenge) in expectations {
      let response = try site.http.get(path, token: token)
      #expect(response.status == status)
      #expect(response.headers("WWW-Authenticate") == [challenge])
    }
  }

  @Test("is JSON where the site wants it, and carries no body after HEAD")
  func json() throws {
    let site = try NginxSite(configuration: NginxConfiguration(denied: "bearerd-denied-json.conf"))
    let reader = try site.token("reader", "--scopes", "read")
    for (token, status, title) in [(nil, 401, "Unauthorized"), (reader, 403, "Forbidden")] {
      let response = try site.http.get("/private/page.html", token: token)
      #expect(response.headers("Content-Type") == ["application/problem+json"])
      let problem = try JSONDecoder().decode(Problem.self, from: Data(response.body.utf8))
      #expect(problem == Problem(title: title, status: status))
    }
    #expect(try site.http.request("HEAD", "/private/page.html").body.isEmpty)
  }

  @Test("by nginx itself, or by the backend, gets no challenge of ours")
  func foreign() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location = /private/denied.html {
            include snippets/bearerd-guard.conf;
            deny all;
          }
          location = /api/denied {
            include snippets/bearerd-guard.conf;
            proxy_pass http://unix:FOLDER/denying.sock:/;
          }
          """,
        otherServers: """
          server {
            listen unix:FOLDER/denying.sock;
            location / {
              add_header WWW-Authenticate 'Digest realm="backend"' always;
              return 401 backend;
            }
          }
          """))
    let secret = try site.token("app")
    let nginx = try site.http.get("/private/denied.html", token: secret)
    #expect(nginx.status == 403)
    #expect(nginx.headers("WWW-Authenticate") == [])
    let backend = try site.http.get("/api/denied", token: secret)
    #expect(backend.status == 401)
    #expect(backend.body == "backend")
    #expect(backend.headers("WWW-Authenticate") == ["Digest realm=\"backend\""])
  }

  private struct Problem: Decodable, Equatable {
    var title: String
    var status: Int
  }
}
