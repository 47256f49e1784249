import Foundation
import TestSupport
import Testing

/// A client may not choose the name by which a backend knows it.
@Suite("The application's name")
struct NamingTests {
  /// Names of headers that CGI, WSGI, PHP or a web server as a backend make one of ours of.
  static let spellings = ["Application", "Key"].flatMap { end in
    ["-", "_", "."].flatMap { first in ["-", "_", "."].map { "X\(first)Bearerd\($0)\(end)" } }
  }

  /// What `Connection` says: names in there are dropped on the way to a backend.
  static let connections = [
    "close", "close, X-Bearerd-Application, X-Bearerd-Key", "X-Bearerd-Key,x-bearerd-application ,close",
    "close, \"X-Bearerd-Application\"", "close, X-BearX-Bearerderd-Application, X_Bearerd_Key",
  ]

  private static let backing = WebServer.allCases.filter(\.guardsBackends)

  /// The values of a header in what a backend was given, in every spelling that may be taken for it.
  private func values(_ name: String, in seen: String) -> [String] {
    let folded = folded(name)
    return seen.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, self.folded(String(parts[0])) == folded else { return nil }
      return parts[1].trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  private func folded(_ name: String) -> String {
    String(name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  /// A backend was told the true name once; a spelling with dots may be refused as well.
  private func expectTrue(_ response: HTTPResponse, _ forged: String) {
    if response.status == 400, forged.contains(".") || forged == "all" { return }
    #expect(response.status == 200, "\(forged)")
    #expect(values("X-Bearerd-Application", in: response.body) == ["app"], "\(forged)")
    let keys = values("X-Bearerd-Key", in: response.body)
    #expect(keys.count == 1 && keys[0].count == 6, "\(forged) \(keys)")
    let named = values("Connection", in: response.body).filter { $0.lowercased().contains("x-bearerd-") }
    #expect(named.isEmpty, "\(named)")
  }

  @Test(
    "is the token's at a backend, in whatever spelling a client claims another, and whatever its Connection names",
    arguments: backing, connections)
  func forged(webServer: WebServer, connection: String) throws {
    let site = try WebServerSite(webServer)
    let token = "Authorization: Bearer \(site.tokens.app)"
    for spelling in NamingTests.spellings {
      for name in [spelling, spelling.uppercased(), spelling.lowercased()] {
        for lines in [[token, "\(name): admin"], ["\(name): admin", "\(name):", token]] {
          expectTrue(try site.http.request("/api/x", connection: connection, lines), name)
        }
      }
    }
    let all = [token] + NamingTests.spellings.map { "\($0): admin" }
    expectTrue(try site.http.request("/api/x", connection: connection, all), "all")
    let dashes = all.filter { !$0.contains(".") }
    let response = try site.http.request("/api/x", connection: connection, dashes)
    #expect(response.status == 200)
    expectTrue(response, "all but those with dots")
  }

  @Test("is empty at a backend of a public path, whatever a client sends", arguments: backing)
  func isPublic(webServer: WebServer) throws {
    let site = try WebServerSite(webServer, addition: .publicBackend)
    for spelling in NamingTests.spellings {
      let response = try site.http.get("/public/x", token: nil, "\(spelling): admin")
      if response.status == 400, spelling.contains(".") { continue }
      #expect(response.status == 200, "\(spelling)")
      for name in ["X-Bearerd-Application", "X-Bearerd-Key"] {
        #expect(values(name, in: response.body).filter { !$0.isEmpty } == [], "\(spelling) \(response.body)")
      }
    }
  }

  @Test("comes without a key where the token has no id", arguments: backing)
  func withoutKey(webServer: WebServer) throws {
    let site = try WebServerSite(webServer)
    let secret = try Bearerd.run("token", "new", "plain", tokens: site.directory.tokens).line
    let lines = try site.directory.read().replacing(#/id=\w+ /#, with: "")
    try site.directory.write(lines)
    var seen = ""
    let isTold = try eventually {
      let response = try site.http.get("/api/x", token: secret)
      seen = response.body
      return response.status == 200 && values("X-Bearerd-Application", in: seen) == ["plain"]
        && values("X-Bearerd-Key", in: seen).allSatisfy { $0.isEmpty }
    }
    #expect(isTold, "\(seen)")
  }
}

extension HTTP {
  /// A GET with these header lines, and this `Connection`.
  fileprivate func request(_ path: String, connection: String, _ lines: [String]) throws -> HTTPResponse {
    let head = ["GET \(path) HTTP/1.1", "Host: localhost", "Connection: \(connection)"] + lines
    return HTTPResponse(bytes: try exchange(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8)))
  }
}
