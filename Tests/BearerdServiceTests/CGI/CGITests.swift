import Logging
import TestSupport
import Testing

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

@Suite("As a CGI program")
struct CGITests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write(
      line("app", "one", "id=k1") + line("writer", "two", "scopes=write")
        + line("near", "three", "from=192.0.2.0/24"))
  }

  private func answer(
    _ environment: [String], scope: String? = nil, handOver: HandOver? = nil
  ) throws -> (response: ResponseMessage, code: Int32) {
    var cgi = CGI(
      source: TokenSource(path: "\(scratch.path)/tokens"),
      answers: AnswerOptions(challenge: try Challenge(realm: "test")))
    cgi.scope = scope
    cgi.handOver = handOver
    let outcome = cgi.answer(
      CGIEnvironment(environment.map { Array($0.utf8) }), at: Instant(seconds: 1_800_000_000),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return (ResponseMessage(output: outcome.response), outcome.code)
  }

  private let one = "HTTP_AUTHORIZATION=Bearer one"
  private let two = "HTTP_AUTHORIZATION=Bearer two"

  @Test("it decides as the daemon does, from the environment and the same names")
  func decides() throws {
    let cases: [([String], Int, Int32)] = [
      ([], 401, 1), (["HTTP_AUTHORIZATION="], 401, 1), (["HTTP_AUTHORIZATION=Basic x"], 401, 1),
      (["HTTP_AUTHORIZATION=Bearer"], 401, 1), (["HTTP_AUTHORIZATION=Bearer zero"], 401, 1),
      (["HTTP_AUTHORIZATION=Bearer one, Bearer two"], 401, 1), ([one], 200, 0), ([two], 403, 1),
      ([two, "BEARERD_SCOPE=write"], 200, 0), ([two, "BEARERD_SCOPE=read"], 403, 1),
      ([two, "BEARERD_SCOPE=W"], 403, 1), ([one, "BEARERD_SCOPE=a,b"], 403, 1),
      ([two, "BEARERD_SCOPE=read write"], 200, 0), ([one, "BEARERD_ENDPOINT=x"], 500, 78),
      (["BEARERD_ENDPOINT=health"], 500, 78), (["BEARERD_ENDPOINT=metrics"], 500, 78),
      (["HTTP_AUTHORIZATION=Bearer three"], 401, 1),
      (["HTTP_AUTHORIZATION=Bearer three", "REMOTE_ADDR=192.0.2.9"], 200, 0),
      (["HTTP_AUTHORIZATION=Bearer three", "HTTP_REMOTE_ADDR=192.0.2.9"], 401, 1),
      (["REDIRECT_HTTP_AUTHORIZATION=Bearer one"], 401, 1), (["AUTHORIZATION=Bearer one"], 401, 1),
      (["http_authorization=Bearer one"], 401, 1), (["QUERY_STRING=access_token=one"], 401, 1),
    ]
    for (environment, status, code) in cases {
      let outcome = try answer(environment)
      #expect(outcome.response.status == status, "\(environment)")
      #expect(outcome.code == code, "\(environment)")
      #expect((outcome.response.header("WWW-Authenticate") != nil) == (status == 401 || status == 403))
      #expect(outcome.response.header("Cache-Control") == "no-store")
    }
    #expect(try answer([one]).response.header("X-Bearerd-Application") == "app")
    #expect(try answer([one]).response.header("X-Bearerd-Key") == "k1")
  }

  @Test("the same variable twice is an error, whatever it holds")
  func twice() throws {
    for name in [
      "HTTP_AUTHORIZATION=Bearer one", "BEARERD_SCOPE=write", "REMOTE_ADDR=192.0.2.9", "HTTP_AUTHORIZATION=",
    ] {
      #expect(try answer([name, one, name]).response.status == 500, "\(name)")
    }
  }

  @Test("the scope is set by the web server or by the script; if both set it, they must agree")
  func refusals() throws {
    let cases: [([String], String?, Int)] = [
      ([], "write", 200), ([], nil, 403), ([], "read", 403), (["BEARERD_SCOPE=write"], "write", 200),
      (["REDIRECT_BEARERD_SCOPE=write"], nil, 200), (["REDIRECT_BEARERD_SCOPE="], nil, 403),
      (["BEARERD_SCOPE=", "REDIRECT_BEARERD_SCOPE=write"], nil, 200), (["BEARERD_SCOPE=read"], "write", 500),
      (["BEARERD_SCOPE=write", "REDIRECT_BEARERD_SCOPE=read"], nil, 500),
      (["REDIRECT_BEARERD_SCOPE=write", "REDIRECT_BEARERD_SCOPE=read"], nil, 500),
      (["HTTP_BEARERD_SCOPE=write"], nil, 403), (["REDIRECT_REDIRECT_BEARERD_SCOPE=write"], nil, 403),
    ]
    for (environment, scope, status) in cases {
      let outcome = try answer([two] + environment, scope: scope)
      #expect(outcome.response.status == status, "\(environment) \(scope ?? "-")")
    }
  }

  @Test(
    "the token comes from BEARERD_TOKEN too, or from what Apache makes of it, never from both in two ways")
  func tokenParameter() throws {
    let cases: [([String], Int)] = [
      (["BEARERD_TOKEN=one"], 200), (["REDIRECT_BEARERD_TOKEN=one"], 200), (["BEARERD_TOKEN=zero"], 401),
      (["BEARERD_TOKEN=one", "REDIRECT_BEARERD_TOKEN=one"], 200),
      (["BEARERD_TOKEN=", "REDIRECT_BEARERD_TOKEN=one"], 200),
      (["BEARERD_TOKEN=one", "REDIRECT_BEARERD_TOKEN=zero"], 500),
      (["BEARERD_TOKEN=one", "BEARERD_TOKEN=one"], 500),
      (["BEARERD_TOKEN=one", one], 200), (["BEARERD_TOKEN=one", two], 401),
      (["REDIRECT_BEARERD_TOKEN=zero", one], 401),
      (["HTTP_BEARERD_TOKEN=one"], 401), (["HTTP_X_API_KEY=one"], 401),
      (["REDIRECT_REDIRECT_BEARERD_TOKEN=one"], 401),
    ]
    for (environment, status) in cases {
      #expect(try answer(environment).response.status == status, "\(environment)")
    }
  }

  @Test("Basic is read if the web server accepts it, by BEARERD_ACCEPT or what Apache makes of it")
  func basic() throws {
    // x:one
    let basic = "HTTP_AUTHORIZATION=Basic eDpvbmU="
    let cases: [([String], Int)] = [
      ([], 401), (["BEARERD_ACCEPT=bearer basic"], 200), (["REDIRECT_BEARERD_ACCEPT=bearer basic"], 200),
      (["BEARERD_ACCEPT=bearer"], 401), (["BEARERD_ACCEPT="], 401), (["BEARERD_ACCEPT=basic"], 500),
      (["BEARERD_ACCEPT=bearer", "REDIRECT_BEARERD_ACCEPT=bearer basic"], 500),
      (["HTTP_BEARERD_ACCEPT=bearer basic"], 401),
    ]
    for (environment, status) in cases {
      #expect(try answer([basic] + environment).response.status == status, "\(environment)")
    }
  }

  @Test("no token file, an invalid one and an empty one deny every request")
  func tokenFiles() throws {
    try scratch.write("nonsense\n")
    #expect(try answer([one]) == (ResponseMessage(output: CGITests.failure), 78))
    try scratch.write("")
    #expect(try answer([one]).response.status == 401)
    try scratch.write(line("app", "one"), mode: 0o666)
    #expect(try answer([one]) == (ResponseMessage(output: CGITests.failure), 78))
    let gone = CGI(
      source: TokenSource(path: "\(scratch.path)/none"),
      answers: AnswerOptions(challenge: try Challenge(realm: "test")))
    let outcome = gone.answer(
      CGIEnvironment([Array(one.utf8)]), at: Instant(seconds: 0),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    #expect(outcome.response == CGITests.failure)
    #expect(outcome.code == 74)
  }

  private static let failure = Array(
    ("Status: 500 Internal Server Error\r\nCache-Control: no-store\r\nContent-Type: text/plain\r\n"
      + "Content-Length: 6\r\n\r\nError\n").utf8)

  @Test("files are handed over to those who may, for GET and HEAD")
  func handsOver() throws {
    let handOver = try HandOver(
      from: .redirectURL, publicPrefix: "/private/", privatePrefix: "/hidden/", kind: .location)
    let asked = ["REDIRECT_URL=/private/a b.html", "PATH_INFO=/private/c", "REQUEST_URI=/private/d"]
    for method in ["GET", "HEAD"] {
      let outcome = try answer(asked + [one, "REQUEST_METHOD=\(method)"], handOver: handOver)
      #expect(
        String(decoding: outcome.response.output, as: UTF8.self)
          == "X-Bearerd-Application: app\r\nX-Bearerd-Key: k1\r\nLocation: /hidden/a%20b.html\r\n\r\n")
      #expect(outcome.code == 0)
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "get", "", "GET, HEAD"] {
      let outcome = try answer(asked + [one, "REQUEST_METHOD=\(method)"], handOver: handOver)
      #expect(outcome.response.status == 405, "\(method)")
      #expect(outcome.response.header("Allow") == "GET, HEAD")
      #expect(outcome.code == 1)
    }
    #expect(try answer(asked + [one], handOver: handOver).response.status == 405)
    for token in [[], [two], ["HTTP_AUTHORIZATION=Bearer zero"]] {
      let outcome = try answer(asked + token + ["REQUEST_METHOD=GET"], handOver: handOver)
      #expect([401, 403].contains(outcome.response.status))
      #expect(outcome.response.header("Location") == nil)
    }
  }

  @Test("an allowed preflight gets no file, and no request gets the reports of a daemon")
  func handsNothingToNobody() throws {
    var cgi = CGI(
      source: TokenSource(path: "\(scratch.path)/tokens"),
      answers: AnswerOptions(challenge: try Challenge(realm: "test"), allowsPreflight: true))
    cgi.handOver = try HandOver(
      from: .redirectURL, publicPrefix: "/private/", privatePrefix: "/hidden/", kind: .location)
    let asked = ["REDIRECT_URL=/private/a", "HTTP_ORIGIN=x", "HTTP_ACCESS_CONTROL_REQUEST_METHOD=GET"]
    for (environment, status) in [
      (["REQUEST_METHOD=OPTIONS"], 405), (["REQUEST_METHOD=GET", "BEARERD_ENDPOINT=health"], 500),
      (["REQUEST_METHOD=GET", "BEARERD_ENDPOINT=metrics", one], 500),
    ] {
      let outcome = cgi.answer(
        CGIEnvironment((asked + environment).map { Array($0.utf8) }),
        at: Instant(seconds: 1_800_000_000), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let response = ResponseMessage(output: outcome.response)
      #expect(response.status == status, "\(environment)")
      #expect(response.header("Location") == nil)
    }
  }

  @Test("nothing is handed over where the web server names no path, or one that is refused")
  func handsNothingOver() throws {
    let handOver = try HandOver(
      from: .redirectURL, publicPrefix: "/private/", privatePrefix: "/hidden/", kind: .sendfile)
    for path in [
      "PATH_INFO=/private/a", "HTTP_REDIRECT_URL=/private/a", "REDIRECT_URL=", "REDIRECT_URL=/private/../a",
    ] {
      let outcome = try answer([path, one, "REQUEST_METHOD=GET"], handOver: handOver)
      #expect(outcome.response.status == 404, "\(path)")
      #expect(outcome.response.header("X-Sendfile") == nil)
    }
    let sent = try answer(["REDIRECT_URL=/private/a", one, "REQUEST_METHOD=GET"], handOver: handOver)
    #expect(
      String(decoding: sent.response.output, as: UTF8.self)
        == "Status: 200 OK\r\nCache-Control: no-store\r\nX-Bearerd-Application: app\r\nX-Bearerd-Key: k1\r\n"
        + "X-Sendfile: /hidden/a\r\n\r\n")
  }
}
