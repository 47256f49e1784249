import Foundation
import Logging
import Synchronization
import Testing

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

@Suite("BEARERD_ACCEPT over the socket")
struct AcceptedSchemesTests {
  private static let secret = HeaderFormTests.secret

  private static func basic(_ user: String, _ password: String) -> String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }

  /// Value of BEARERD_ACCEPT, Authorization, status, the challenge's error.
  static let cases: [(String?, String, Int, String?)] = [
    ("bearer basic", basic("ci", secret), 200, nil), ("bearer basic", "Bearer \(secret)", 200, nil),
    ("bearer basic", basic("", secret), 200, nil),
    ("bearer basic", "bAsIc  " + basic("u", secret).dropFirst(6), 200, nil),
    ("bearer basic", basic("ci", "wrong"), 401, "invalid_token"),
    ("bearer basic", basic(secret, "x"), 401, "invalid_token"),
    ("bearer basic", basic(secret, ""), 401, "invalid_request"),
    ("bearer basic", "Basic \(secret)", 401, "invalid_request"),
    ("bearer basic", "Basic", 401, "invalid_request"),
    ("bearer basic", "Basic " + String(repeating: "x", count: 64_000), 401, "invalid_request"),
    ("bearer basic", "", 401, nil), ("bearer basic", "Digest x", 401, nil),
    (nil, basic("ci", secret), 401, nil), ("", basic("ci", secret), 401, nil),
    ("bearer", basic("ci", secret), 401, nil),
    ("bearer", "Bearer \(secret)", 200, nil),
  ]

  @Test("says whether Basic is read, and the challenge names what is")
  func decides() throws {
    let service = try TestService(tokens: tokens(line("app", Self.secret)))
    for (accept, authorization, status, error) in Self.cases {
      for role in [Role.responder, .authorizer] {
        let parameters =
          [("HTTP_AUTHORIZATION", authorization)] + (accept.map { [("BEARERD_ACCEPT", $0)] } ?? [])
        let answer = try service.answer(parameters, role: role)
        let name = "\(accept ?? "-") \(authorization.prefix(30))"
        #expect(answer.status == status, "\(name)")
        guard status != 200 else { continue }
        let challenge = answer.header("WWW-Authenticate") ?? ""
        let start = (accept == "bearer basic" ? "Basic realm=\"test\", " : "") + "Bearer realm=\"test\""
        #expect(challenge.hasPrefix(start), "\(name): \(challenge)")
        #expect(
          error.map { challenge.contains("error=\"\($0)\"") } ?? (challenge == start), "\(name): \(challenge)"
        )
      }
    }
  }

  @Test(
    "that is anything else is a failure, never a guess",
    arguments: [
      "basic", "Bearer", "bearer,basic", "bearer basic ", "all", "\u{e9}",
      String(repeating: "x", count: 60_000),
    ])
  func unknown(accept: String) throws {
    let service = try TestService(tokens: tokens(line("app", Self.secret)))
    for authorization in ["Bearer \(Self.secret)", Self.basic("ci", Self.secret), ""] {
      let answer = try service.answer([("HTTP_AUTHORIZATION", authorization), ("BEARERD_ACCEPT", accept)])
      #expect(answer.status == 500)
    }
  }

  @Test("cannot be set by a client, and twice closes the connection unanswered")
  func client() throws {
    let service = try TestService(tokens: tokens(line("app", Self.secret)))
    let authorization = ("HTTP_AUTHORIZATION", Self.basic("ci", Self.secret))
    for name in ["HTTP_BEARERD_ACCEPT", "bearerd_accept", "BEARERD_ACCEPT_"] {
      #expect(try service.answer([authorization, (name, "bearer basic")]).status == 401)
    }
    let accept = ("BEARERD_ACCEPT", "bearer basic")
    #expect(throws: Client.Failure.closed) { try service.answer([authorization, accept, accept]) }
    #expect(throws: Client.Failure.closed) {
      try service.answer([authorization, ("BEARERD_ACCEPT", "bearer\0")])
    }
  }

  @Test("keeps Basic out of nginx's cache: user names would be entries without end")
  func caching() throws {
    let options = AnswerOptions(challenge: try Challenge(realm: "test"), cacheTTL: 60)
    let service = try TestService(tokens: tokens(line("app", Self.secret)), options: options)
    let common = [("BEARERD_ACCEPT", "bearer basic"), ("BEARERD_CACHE_KEY", "address token")]
    for (authorization, limit) in [(Self.basic("ci", Self.secret), "0"), ("Bearer \(Self.secret)", "60")] {
      let answer = try service.answer([("HTTP_AUTHORIZATION", authorization)] + common)
      #expect(answer.status == 200 && answer.header("X-Accel-Expires") == limit)
    }
    let both = [("HTTP_AUTHORIZATION", Self.basic("ci", Self.secret)), ("BEARERD_TOKEN", Self.secret)]
    let answer = try service.answer(both + common)
    #expect(answer.status == 200 && answer.header("X-Accel-Expires") == "0")
  }

  /// The fields of the log's lines about these requests, in order.
  private func logged(_ requests: [[(String, String)]], acceptsRedirected: Bool = false) throws -> [[String:
    String]]
  {
    let lines = FieldLog()
    let options = AnswerOptions(
      challenge: try Challenge(realm: "test"), acceptsRedirectedAuthorization: acceptsRedirected)
    let metrics = Metrics(
      store: PolicyStore(Policy(try tokens(line("app", Self.secret), line("weak", "weak-one")))),
      reloads: ReloadRecord(path: "/tokens"), started: Instant(seconds: 0))
    let responder = try AccessResponder(
      options: options, metrics: metrics, journal: DenialLog(logger: Logger(label: "test") { _ in lines })
    ) { Instant(seconds: 1) }
    for request in requests {
      let parameters = Parameters(names: AuthParameter.names)
      for (name, value) in request { parameters.keep(name.utf8.span, value.utf8.span) }
      responder.respond(to: parameters, role: .responder, in: Response())
    }
    return lines.all
  }

  @Test(
    "has the log say that a token came by Basic, and from which user name, but not if that may be a token")
  func log() throws {
    let strong = "Zr8pX1vQm7nKcT2yWdJ5Zr8p"
    let cases: [(String, scheme: String?, user: String?)] = [
      (Self.basic("ci", "wrong"), "basic", "ci"), (Self.basic("", "wrong"), "basic", ""),
      (Self.basic("alice@example.org", ""), "basic", "alice@example.org"),
      (Self.basic("brd_abc", "x"), "basic", "brd_..."), (Self.basic(Self.secret, "x"), "basic", "..."),
      (Self.basic(strong, "x"), "basic", "..."), (Self.basic(strong, ""), "basic", "..."),
      // Added with --force.
      (Self.basic("weak-one", "x"), "basic", "..."),
      (
        Self.basic(String(repeating: "ab", count: 200), "x"), "basic",
        String(repeating: "ab", count: 100) + "..."
      ),
      ("Bearer wrong", nil, nil), ("Basic wrong", nil, nil), ("Digest x", nil, nil), ("", nil, nil),
    ]
    let lines = try cases.flatMap { value, _, _ in
      try logged([[("HTTP_AUTHORIZATION", value), ("BEARERD_ACCEPT", "bearer basic")]])
    }
    #expect(lines.count == cases.count)
    for (fields, expected) in zip(lines, cases) {
      #expect(fields["scheme"] == expected.scheme, "\(expected)")
      #expect(fields["user"] == expected.user, "\(expected)")
    }
    let isTold = "\(lines)".contains(Self.secret) || "\(lines)".contains(strong)
    #expect(!isTold)
    // Where Basic is not accepted nothing of it is looked at.
    let other = try logged([[("HTTP_AUTHORIZATION", Self.basic("ci", "wrong"))]])
    #expect(other.first?["reason"] == "other-scheme" && other.first?["user"] == nil)
    let redirected = [
      ("REDIRECT_HTTP_AUTHORIZATION", Self.basic("ci", "wrong")), ("BEARERD_ACCEPT", "bearer basic"),
    ]
    #expect(try logged([redirected], acceptsRedirected: true).first?["user"] == "ci")
    #expect(try logged([redirected]).first?["user"] == nil)
    #expect(try logged([[("BEARERD_TOKEN", "wrong")]]).first?["scheme"] == "api-key")
  }
}

/// Keeps the fields of denials.
private struct FieldLog: LogHandler {
  private final class Lines: Sendable {
    let fields = Mutex<[[String: String]]>([])
  }

  private let lines = Lines()
  var logLevel = Logger.Level.trace
  var metadata: Logger.Metadata = [:]

  var all: [[String: String]] { lines.fields.withLock { $0 } }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    guard "\(event.message)" == "denied" else { return }
    let fields = (event.metadata ?? [:]).mapValues { "\($0)" }
    lines.fields.withLock { $0.append(fields) }
  }
}
