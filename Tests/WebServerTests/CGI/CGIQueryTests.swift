import Foundation
import TestSupport
import Testing

@Suite("A query of words, which web servers pass to CGI programs as arguments")
struct CGIQueryTests {
  private static let evil =
    "stranger-\(String(repeating: "5up3rS3cretOfAStranger", count: 2))-0123456789abcdef"

  /// Commands, in place of a file name the site's own and a file that the client wrote.
  private func queries(_ site: CGISite) -> [String] {
    [
      "token+add+evil+--tokens+\(site.tokens)", "token+add+evil+--force+--tokens+\(site.tokens)",
      "token+new+evil+--tokens+\(site.tokens)", "token+list+--tokens+\(site.tokens)", "token+list",
      "token+revoke+app+--yes+--tokens+\(site.tokens)",
      "token+rotate+app+--keep+0+--yes+--tokens+\(site.tokens)",
      "token+explain+--tokens+\(site.tokens)", "check+--tokens+\(site.tokens)",
      "serve+--listen+unix:\(site.directory.path)/evil.sock+--tokens+\(site.tokens)",
      "doctor+http://127.0.0.1:\(site.http.port)/", "status", "health", "manifest+new", "--help", "-h",
      "help",
      "help+token", "--version", "--experimental-dump-help", "--generate-completion-script+bash",
      "--tokens+\(site.directory.path)/evil", "--tokens%3d\(site.directory.path)/evil",
      "--tokens%00x+\(site.directory.path)/evil%00", "%2d%2dtokens+\(site.directory.path)%2fevil",
      "cgi+--tokens+\(site.directory.path)/evil", "cgi+--tokens%00x+\(site.directory.path)/evil%00",
      "cgi+--realm+evil",
    ]
  }

  @Test(
    "runs no command and sets no option, in whichever way bearerd is called", arguments: CGIServer.available)
  func commands(server: CGIServer) throws {
    let site = try CGISite(server)
    let made = try Bearerd.run(
      "token", "add", "evil", "--force", tokens: "\(site.directory.path)/evil", stdin: CGIQueryTests.evil)
    try #require(made.code == 0 && chmod("\(site.directory.path)/evil", 0o644) == 0, "\(made.errors)")
    let before = try String(contentsOfFile: site.tokens, encoding: .utf8)
    let bearer = [Array("Authorization: Bearer \(CGIQueryTests.evil)".utf8)]
    for program in ["bearerd", "script", "careless"] {
      for query in queries(site) {
        for lines in [[], bearer] {
          let path = "/cgi-bin/\(program).cgi?\(query)"
          let response = try site.http.request(
            "POST", path, lines: lines, body: Array(CGIQueryTests.evil.utf8))
          // lighttpd refuses a query with a NUL by itself.
          if response.status == 400, query.contains("%00") { continue }
          #expect([401, 500].contains(response.status), "\(path) \(response.status)")
          #expect(
            response.headers("WWW-Authenticate").allSatisfy { $0.contains("realm=\"bearerd\"") }, "\(path)")
          let body = try #require(response.unchunkedBody, "\(path)")
          #expect(["Unauthorized\n", "Error\n"].contains(body), "\(path) \(body)")
        }
        #expect(try String(contentsOfFile: site.tokens, encoding: .utf8) == before, "\(program) \(query)")
      }
    }
    #expect(!FileManager.default.fileExists(atPath: "\(site.directory.path)/evil.sock"))
    #expect(try site.http.get("/cgi-bin/script.cgi", token: CGIQueryTests.evil).status == 401)
  }

  @Test("does not change the answer to a valid token", arguments: CGIServer.available)
  func answers(server: CGIServer) throws {
    let site = try CGISite(server)
    for query in ["", "?", "?a=b", "?a=b&c", "?page", "?page+2", "?token+list", "?cgi", "?%2d"] {
      for program in server.passesVariables ? ["bearerd", "script"] : ["script"] {
        let path = "/cgi-bin/\(program).cgi\(query)"
        #expect(try site.http.get(path, token: site.secret).status == 200, "\(path) \(site.told)")
        #expect(try site.http.get(path).status == 401, "\(path)")
      }
    }
    // suexec drops the variable, and there are no tokens at the standard place: every request is denied.
    if !server.passesVariables {
      #expect(try site.http.get("/cgi-bin/bearerd.cgi", token: site.secret).status != 200)
    }
  }

  @Test("sets no variable that holds options, and no header does", arguments: CGIServer.available)
  func variables(server: CGIServer) throws {
    let site = try CGISite(server)
    let evil = try Bearerd.run("token", "new", "evil", tokens: "\(site.directory.path)/evil").line
    try #require(chmod("\(site.directory.path)/evil", 0o644) == 0)
    for program in ["bearerd", "script"] {
      for name in [
        "BEARERD_CGI_TOKENS", "Bearerd-Cgi-Tokens", "REDIRECT_BEARERD_CGI_TOKENS",
        "Redirect-Bearerd-Cgi-Tokens",
        "GATEWAY_INTERFACE", "QUERY_STRING",
      ] {
        let file = "\(site.directory.path)/evil"
        let header = try site.http.get("/cgi-bin/\(program).cgi", token: evil, "\(name): \(file)")
        #expect(header.status != 200, "\(program) \(name)")
        let query = try site.http.get("/cgi-bin/\(program).cgi?\(name)=\(file)", token: evil)
        #expect(query.status != 200, "\(program) \(name)")
      }
    }
  }
}

extension HTTPResponse {
  /// The body; Apache sends a short one as one chunk (RFC 9112 section 7.1). nil if there are more.
  fileprivate var unchunkedBody: String? {
    guard headers("Transfer-Encoding") == ["chunked"] else { return body }
    let parts = body.components(separatedBy: "\r\n")
    return parts.count > 2 && parts[2] == "0" ? parts[1] : nil
  }
}
