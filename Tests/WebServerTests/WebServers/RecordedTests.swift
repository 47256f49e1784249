import Foundation
import TestSupport
import Testing

@testable import FastCGI

/// Also where the seeds for fuzzing come from: see Tests/fuzz.
@Suite("What a web server sends")
struct RecordedTests {
  /// A client's request. The secrets are made up: what is recorded is kept.
  struct Sent: CustomTestStringConvertible {
    var name: String
    var method = "GET"
    var lines: [String] = []
    var body: [UInt8] = []

    var testDescription: String { name }
  }

  static let sent = [
    Sent(name: "nothing"),
    Sent(name: "token", lines: ["Authorization: Bearer made-up"]),
    Sent(name: "post", method: "POST", lines: ["Authorization: bearer   made-up=="], body: Array("a=b".utf8)),
    Sent(
      name: "odd", lines: ["Authorization: Basic bWFkZTp1cA==", "X-Odd: \u{fc}\tx", "X-Empty:", "A.b_c: =;="]),
    Sent(
      name: "long",
      lines: ["Authorization: Bearer made-up", "Cookie: \(String(repeating: "c", count: 7000))"]),
  ]

  private func verdict(_ bytes: [UInt8]) -> Gate.Verdict {
    var gate = Gate(names: ParameterNames(["HTTP_AUTHORIZATION", "BEARERD_SCOPE"]))
    return gate.examine(bytes.span)
  }

  /// Keeps a recording as a seed if BEARERD_SEEDS names a directory.
  private func keep(_ bytes: [UInt8], as name: String) throws {
    guard let directory = ProcessInfo.processInfo.environment["BEARERD_SEEDS"] else { return }
    try Data(bytes).write(to: URL(filePath: "\(directory)/\(name.replacing(" ", with: "-"))"))
  }

  @Test("is one whole request to the gate, whatever came from the client", arguments: WebServer.asking, sent)
  func whole(webServer: WebServer, sent: Sent) throws {
    let site = try WebServerSite(webServer, isRecorded: true)
    let recorder = try #require(site.recorder)
    let lines = sent.lines.map { Array($0.utf8) }
    #expect(
      try site.http.request(sent.method, "/api/write/x?a=b", lines: lines, body: sent.body).status == 401)
    let recording = try #require(try recorder.take().first)
    guard case .complete(let request) = verdict(recording) else {
      Issue.record("\(verdict(recording))")
      return
    }
    #expect(request.length == recording.count)
    try keep(recording, as: "\(webServer)-\(sent.name)")
  }

  @Test("may begin with GET_VALUES, as HAProxy's does, and each part is taken for what it is")
  func getValues() throws {
    let directory = try Scratch()
    try directory.write("# none\n")
    let recorder = try Recorder(in: directory)
    try directory.write(recorder.script, to: "bearerd")
    let program = try Program([
      "sh", "\(directory.path)/bearerd", "serve", "--listen", "unix:\(directory.path)/socket",
    ])
    try #require(eventually { program.output.contains("ready on") }, "\(program.output)")
    let http = HTTP(port: try freePort())
    try directory.write(
      """
      defaults
        mode http
        timeout connect 5s
        timeout client 5s
        timeout server 5s
      frontend site
        bind 127.0.0.1:\(http.port)
        default_backend bearerd
      backend bearerd
        use-fcgi-app bearerd
        server bearerd unix@\(directory.path)/socket proto fcgi
      fcgi-app bearerd
        docroot /nowhere
        option get-values
        pass-header authorization

      """, to: "haproxy.cfg")
    let haproxy = try Program([server("haproxy"), "-db", "-f", "\(directory.path)/haproxy.cfg"])
    #expect(eventually { (try? http.get("/", token: "made-up").status) == 401 }, "\(haproxy.output)")
    let recording = try #require(try recorder.take().first { !$0.isEmpty })
    guard case .management(let length) = verdict(recording) else {
      Issue.record("\(verdict(recording))")
      return
    }
    let rest = Array(recording[length...])
    guard case .complete(let request) = verdict(rest) else {
      Issue.record("\(verdict(rest))")
      return
    }
    #expect(request.length == rest.count)
    try keep(recording, as: "haproxy-get-values")
    try keep(rest, as: "haproxy-token")
  }
}
