import FastCGI
import Foundation
import TestSupport
import Testing

/// What a terminal would obey: a colour, a title, C1, a direction override, a zero-width space, a line separator; and a line
/// that could be taken for one of ours.
private let escapes = "\u{1b}[31m\u{1b}]0;x\u{7}\u{9b}1m\u{202e}\u{2066}\u{200b}\u{2028}\u{7f}\r\nforged"

@Suite("On a terminal")
struct TerminalTests {
  /// Neither stdout nor stderr has anything but text and line ends.
  private func expectPlain(_ outcome: Outcome, _ what: String) {
    for text in [outcome.output, outcome.errors] {
      let bad = text.unicodeScalars.filter { scalar in
        scalar != "\n"
          && (scalar.properties.isDefaultIgnorableCodePoint
            || [.control, .format, .lineSeparator, .paragraphSeparator].contains(
              scalar.properties.generalCategory))
      }
      #expect(bad.isEmpty, "\(what): \(bad.map { String($0.value, radix: 16) }) in \(text.debugDescription)")
    }
    let lines = (outcome.output + outcome.errors).split(separator: "\n")
    #expect(!lines.contains { $0.hasPrefix("forged") }, "\(what): \(outcome)")
    #expect(outcome.code < 128 && !(outcome.output + outcome.errors).isEmpty, "\(what): \(outcome)")
  }

  private func run(_ arguments: [String], stdin: String = "", _ environment: [String] = []) throws -> Outcome
  {
    try Bearerd.start(environment + [Bearerd.path] + arguments, stdin: stdin).wait()
  }

  private static let leaves = [
    ["serve"], ["cgi"], ["check"], ["status"], ["health"], ["token", "new"], ["token", "add"],
    ["token", "rotate"],
    ["token", "revoke"], ["token", "list"], ["token", "explain"], ["manifest", "new"],
    ["manifest", "verify"],
    ["manifest", "check"], ["doctor"],
  ]

  @Test("an argument of any command is shown as its characters' numbers", arguments: leaves)
  func arguments(command: [String]) throws {
    for arguments in [
      [escapes, "a", "b"], ["--\(escapes)"], ["--tokens", "/nowhere/\(escapes)", "app"],
      ["--tokens", "/nowhere\n/x"],
      ["--listen", "unix:/nowhere/\(escapes)", "--listen=\(escapes)"], ["--listen", "\(escapes):1"],
      ["--workers", escapes], ["--scopes", "a,\(escapes)"], ["--expires", escapes], ["--from", escapes],
      ["--scope", escapes], ["--key", escapes, "app"], ["--realm", escapes],
      ["--origin", escapes, "http://x/"],
      ["--connect-to", escapes, "http://x/"], ["--connect-to", "\(escapes):1", "http://127.0.0.1:1/"],
      ["--manifest", "/nowhere/\(escapes)", "app", "--remove"], ["http://\(escapes)/"], ["unix:/\(escapes)"],
      ["--public", escapes, "http://x/"], ["--site", escapes], ["--applications", escapes],
      ["--socket-owner", escapes, "--listen", "unix:/nowhere/x"], ["--private", escapes],
    ] {
      // A daemon that starts all the same, or a CGI answer, is not what is looked at here.
      let outcome = try run(command + arguments, ["timeout", "5"])
      if command == ["cgi"], outcome.output.hasPrefix("Status: ") { continue }
      expectPlain(outcome, "\(command + arguments)")
    }
    expectPlain(try run([escapes]), "no command")
  }

  @Test("names and contents of token files are shown so, in tables, errors and JSON")
  func files() throws {
    let scratch = try Scratch()
    let directory = "\(scratch.path)/a\n\(escapes)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try "app \(hash("a")) id=k\n".write(
      toFile: "\(directory)/x\(escapes)\n.tokens", atomically: false, encoding: .utf8)
    for command in [
      ["check"], ["token", "list"], ["token", "list", "--json"], ["token", "revoke", "other"],
    ] {
      expectPlain(try run(command + ["--tokens", directory]), "\(command)")
    }
    let json = try run(["token", "list", "--json", "--tokens", directory])
    let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
    #expect(list?.first?["file"] as? String == "\(directory)/x\(escapes)\n.tokens")
    let secret = "b7b07e0a1c3ad5f29c84d6e1f05e3a92"
    expectPlain(try run(["token", "explain", "--tokens", directory], stdin: secret), "explain")
    expectPlain(try run(["token", "new", "app", "--tokens", "\(directory)/none/x"]), "new")
    expectPlain(try run(["token", "add", "app", "--tokens", directory], stdin: "\(secret)\(escapes)"), "add")
    for line in [
      "\(escapes) \(hash("b"))", "app \(escapes)", "app \(hash("b")) \(escapes)=1",
      "app \(hash("b")) id=\(escapes)",
    ] {
      try "\(line)\n".write(toFile: "\(directory)/bad\(escapes).tokens", atomically: false, encoding: .utf8)
      for command in [
        ["check"], ["token", "list"], ["token", "list", "--json"],
        ["serve", "--listen", "unix:\(scratch.path)/s"],
      ] {
        expectPlain(try run(command + ["--tokens", directory]), "\(command) of \(line)")
      }
    }
  }

  @Test("names and contents of published files are shown so")
  func manifests() throws {
    let scratch = try Scratch()
    try scratch.write("")
    let escaped = "\\u001b[31m\\u009b\\u202e\\u200b\\u2028"
    for (number, text) in [
      "\u{1b}", "{\"a\": 1, \"a\(escaped)\": \"\u{202e}\"}",
      "{\"auth\": {\"type\": \"service_http\(escaped)\", \"verification_tokens\": {\"\(escaped)\": \"a\"}}}",
      "{\"auth\": {\"type\": \"service_http\", \"verification_tokens\": {\"\u{202e}\": \"abc1\", \"b\": \"abc1\", \"token\(escaped)\": \"\"}}}",
      "{\"api\": {\"ur1\(escaped)\": 1, \"url\": \"http://x/\(escaped)\"}}",
    ].enumerated() {
      let file = "\(scratch.path)/\(escapes)\n\(number)"
      try text.write(toFile: file, atomically: false, encoding: .utf8)
      for command in [
        ["check", file], ["verify", "app", "abc1", "--manifest", file],
        ["verify", "app", "--remove", "--manifest", file],
        ["check", file, "--openapi", file], ["new", "--manifest", file],
      ] {
        let tokens = command[0] == "new" ? [] : ["--tokens", scratch.tokens]
        expectPlain(try run(["manifest"] + command + tokens), "\(command[0]) of \(number)")
      }
      let add = ["token", "add", "app", "--manifest", file, "--tokens", "\(scratch.path)/other"]
      expectPlain(try run(add, stdin: "b7b07e0a1c3ad5f29c84d6e1f05e3a92"), "add")
    }
  }

  @Test("headers of a web server are shown so")
  func servers() throws {
    let hostile = "\\x1b[31m\\x9b1m\\xe2\\x80\\xae\\xc2\\x9b\\xff\\x7f\\x08"
    let scratch = try Scratch()
    try scratch.write("")
    for (status, headers) in [
      (
        "401 \(hostile)",
        "WWW-Authenticate: Bearer realm=\"\(hostile)\", error=\"\(hostile)\", scope=\"\(hostile)\""
      ),
      ("401 x", "WWW-Authenticate: \(hostile)"), ("302 x", "Location: http://\(hostile)/"),
      ("200 x", "Access-Control-Allow-Origin: \(hostile)\r\nWWW-Authenticate: \(hostile)"),
      ("200 x", "Server: nginx\(hostile)\r\n\(hostile): x"), ("403 x", "X: y"), ("999 \(hostile)", ""),
    ] {
      let lines = headers.isEmpty ? "" : "\(headers)\r\n"
      let site = try RecordingServer(
        answer: "HTTP/1.1 \(status)\r\n\(lines)Content-Length: 1\r\n\r\n\\x1b")
      let url = "http://127.0.0.1:\(site.port)/"
      for command in [
        ["doctor", url, "--public", "/a", "--origin", "https://x.example", "--token-stdin"],
        ["manifest", "check", url, "--tokens", scratch.tokens],
      ] {
        expectPlain(
          try run(command, stdin: "b7b07e0a1c3ad5f29c84d6e1f05e3a92"), "\(command[0]) of \(status) \(headers)"
        )
      }
    }
    let garbage = try RecordingServer(answer: "\(hostile)\r\n\r\n")
    expectPlain(try run(["doctor", "http://127.0.0.1:\(garbage.port)/"]), "no HTTP")
  }

  @Test("answers of a daemon are shown so, and as JSON")
  func daemons() throws {
    let scratch = try Scratch()
    try scratch.write("app \(hash("a")) id=k\n")
    let inJSON = "\\u001b[31m\\u000aforged\\u009b\\u202e\u{202e}\u{9b}\u{7f}\u{200b}"
    var report = HostileDaemonTests.report
    for name in ["1", "x", "/t", "r", "app", "k", "192.0.2.1"] {
      report = report.replacing("\"\(name)\"", with: "\"\(name)\(inJSON)\"")
    }
    let failure = "{\"since\": \"2026-01-01T00:00:00Z\", \"message\": \"\(inJSON)\"}"
    report = report.replacing("\"failure\": null", with: "\"failure\": \(failure)")
      .replacing("\"problem\": null", with: "\"problem\": \"\(inJSON)\"").replacing(
        "\"ready\": true", with: "\"ready\": false"
      )
      .replacing("\"files\": []", with: "\"files\": [{\"path\": \"\(inJSON)\"}]")
    for (answer, status, headers) in [
      (report, "200 OK", ""), (escapes, "503 x", ""), ("x\(escapes)", "200 OK", ""),
      (
        "", "401 x",
        "WWW-Authenticate: Bearer realm=\"\(escapes)\", error=\"invalid_token\", scope=\"\(escapes)\"\r\n"
      ),
      ("", "200 OK", "X-Bearerd-Application: \(escapes)\r\nX-Bearerd-Key: \(escapes)\r\n"),
      ("", "403 x", "WWW-Authenticate: Bearer scope=\"\(escapes)\"\r\n"),
    ] {
      let daemon = try HostileDaemon(answer: Array(answer.utf8), status: status, headers: headers)
      let address = daemon.address.description
      for command in [
        ["status", "--listen", address], ["status", "--json", "--listen", address],
        ["health", "--listen", address], ["doctor", address, "--token-stdin"],
        ["token", "revoke", "app", "--listen", address, "--tokens", scratch.tokens],
      ] {
        expectPlain(
          try run(command, stdin: "b7b07e0a1c3ad5f29c84d6e1f05e3a92"), "\(command[0]) of \(status) \(headers)"
        )
        try scratch.write("app \(hash("a")) id=k\n")
      }
    }
    let daemon = try HostileDaemon(answer: Array(report.utf8))
    let json = try run(["status", "--json", "--listen", daemon.address.description])
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect((object?["version"] as? String)?.unicodeScalars.contains("\u{202e}") == true, "\(json)")
  }

  @Test("what a request holds is escaped in the log, as text and as JSON", arguments: ["text", "json"])
  func log(format: String) throws {
    let scratch = try Scratch()
    try scratch.write("app \(hash("a")) id=k\n")
    let service = try Service("--log-format", format, scratch: scratch)
    try service.waits(for: "ready on")
    let parameters = ["REQUEST_METHOD", "REMOTE_ADDR", "REQUEST_ID", "REQUEST_URI", "SERVER_SOFTWARE"].map {
      (name: $0, value: Array("/\(escapes)\n".utf8))
    }
    let client = try Client(connectingTo: service.address)
    #expect(try client.response(to: RequestMessage(parameters: parameters)).status == 401)
    try service.waits(for: "no-credentials")
    expectPlain(Outcome(code: 0, output: "", errors: service.log), "log")
    #expect(service.log.contains("\\u{202e}"), "\(service.log)")
  }
}
