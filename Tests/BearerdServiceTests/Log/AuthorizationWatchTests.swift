import Logging
import Synchronization
import Testing

@testable import BearerdService
@testable import FastCGI

@Suite("A web server that keeps the Authorization header to itself")
struct AuthorizationWatchTests {
  /// What one loop says of checks with these parameters, one after the other.
  private func told(
    _ checks: [[String: String]], acceptsRedirected: Bool = false, loops: Int = 1
  ) -> [String] {
    let lines = Lines()
    let logger = Logger(label: "test") { _ in lines }
    let shared = AuthorizationWatch.Shared()
    var watches = (0..<loops).map { _ in
      AuthorizationWatch(acceptsRedirected: acceptsRedirected, shared: shared, logger: logger)
    }
    for (number, check) in checks.enumerated() {
      let parameters = Parameters(names: AuthParameter.names)
      for (name, value) in check { parameters.keep(name.utf8.span, value.utf8.span) }
      watches[number % loops].observe(parameters)
    }
    return lines.all
  }

  private func silent(_ server: String?) -> [String: String] {
    server.map { ["SERVER_SOFTWARE": $0] } ?? [:]
  }

  @Test(
    "is told once what to add, after fifty checks",
    arguments: [
      ("Apache/2.4.71 (Debian)", "`CGIPassAuth On`"),
      ("HAProxy 2.6.12", "`pass-header authorization`"),
      ("nginx/1.22.1", "`fastcgi_param HTTP_AUTHORIZATION"),
      (nil, "`fastcgi_param HTTP_AUTHORIZATION"),
    ])
  func fix(server: String?, fix: String) {
    let check = silent(server)
    #expect(told(Array(repeating: check, count: 49)) == [])
    let lines = told(Array(repeating: check, count: 500))
    #expect(lines.count == 1)
    #expect(
      lines[0].hasPrefix(
        "none of the first 50 checks had an Authorization header; if clients do send one"))
    #expect(lines[0].contains(fix), "\(lines[0])")
  }

  @Test(
    "is not suspected where it passes every header anyway", arguments: ["lighttpd/1.4.69", "Caddy/v2.6.2"])
  func passesAll(server: String) {
    #expect(told(Array(repeating: silent(server), count: 500)) == [])
  }

  @Test("is not suspected once the parameter came in any form, even empty, to any loop")
  func came() {
    let apache = silent("Apache/2.4")
    let forms = ["", "Basic x", "Bearer x"].map { ["HTTP_AUTHORIZATION": $0] } + [["BEARERD_TOKEN": "x"]]
    for form in forms {
      let sent = [form]
      #expect(told(sent + Array(repeating: apache, count: 500)) == [])
      #expect(told(Array(repeating: apache, count: 49) + sent + Array(repeating: apache, count: 500)) == [])
      #expect(told(sent + Array(repeating: apache, count: 500), loops: 4) == [])
    }
    #expect(told(Array(repeating: apache, count: 49), loops: 4) == [])
    #expect(told(Array(repeating: apache, count: 50), loops: 4).count == 1)
    #expect(told(Array(repeating: apache, count: 500), loops: 4).count == 1)
  }

  @Test("is told at once of the option that takes what it sends instead")
  func redirected() {
    let redirected = ["REDIRECT_HTTP_AUTHORIZATION": "Bearer x", "SERVER_SOFTWARE": "Apache/2.4"]
    let lines = told(Array(repeating: redirected, count: 100))
    #expect(lines.count == 1 && lines[0].contains("--accept-redirected-authorization"))
    #expect(told(Array(repeating: redirected, count: 100), acceptsRedirected: true) == [])
  }
}

/// A log that is looked at.
private final class Lines: LogHandler, Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }
}
