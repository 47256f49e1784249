import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("No command prints a secret")
struct SecretOutputTests {
  private static let secrets = [
    "brd_00000000000000000000000000000000000000000002CZclj", "dG8tZG8+bGlzdCBmb3IYWxs.b3Vy~c2VydmljZXM",
  ]

  private func expectSecret(_ secret: String, notIn outcome: Outcome, _ what: String) {
    let text = (outcome.output + outcome.errors).lowercased()
    #expect(!text.contains(secret.lowercased()), "\(what): \(text)")
    #expect(outcome.code < 128 && !text.isEmpty, "\(what)")
  }

  /// A token file that has the secret.
  private func tokens(_ secret: String) throws -> Scratch {
    let scratch = try Scratch()
    let outcome = try Bearerd.run("token", "add", "ci", "--force", tokens: scratch.tokens, stdin: secret)
    try #require(outcome.code == 0, "\(outcome.errors)")
    expectSecret(secret, notIn: outcome, "add")
    return scratch
  }

  @Test("that stands in a manifest, in a URL, a name or a host", arguments: secrets)
  func manifest(secret: String) throws {
    let scratch = try tokens(secret)
    for (number, text) in [
      "{\"api\": {\"type\": \"openapi\", \"url\": \"https://example.com/\(secret)/x.json\"}}",
      "{\"api\": {\"url\": \"https://\(secret.replacing("+", with: "").replacing("~", with: "")).example.com/\"}, \"legal_info_url\": \"https://example.org/\"}",
      "{\"logo_url\": \"https://example.com/?t=\(secret)\", \"api\": {\"url\": \"https://example.com/?t=\(secret)\"}}",
      "{\"auth\": {\"type\": \"\(secret)\"}, \"\(secret)\": 1, \"\(secret)\": 2}",
      "{\"auth\": {\"type\": \"service_http\", \"verification_tokens\": {\"\(secret)\": \"\(secret)\", \"b\": \"\(secret)\"}}}",
    ].enumerated() {
      let file = "\(scratch.path)/site/.well-known/ai-plugin.json"
      for directory in ["site/.well-known"] {
        try FileManager.default.createDirectory(
          atPath: "\(scratch.path)/\(directory)", withIntermediateDirectories: true)
      }
      try text.write(toFile: file, atomically: false, encoding: .utf8)
      let outcome = try Bearerd.run("manifest", "check", file, tokens: scratch.tokens)
      expectSecret(secret, notIn: outcome, "manifest \(number)")
      if number != 1 { #expect(outcome.errors.contains("a live token of ci"), "\(outcome.errors)") }
      let verify = try Bearerd.run(
        "manifest", "verify", "app", secret, "--manifest", file, tokens: scratch.tokens)
      expectSecret(secret, notIn: verify, "verify \(number)")
    }
  }

  @Test("that a site publishes or repeats", arguments: secrets)
  func site(secret: String) throws {
    let scratch = try tokens(secret)
    let manifest =
      "{\"auth\": {\"type\": \"service_http\", \"authorization_type\": \"bearer\", \"verification_tokens\": {\"\(secret)\": \"\(secret)\"}}, \"api\": {\"type\": \"openapi\", \"url\": \"http://127.0.0.1:1/\(secret)\"}, \"logo_url\": \"http://localhost:1/?\(secret)\"}"
    for (status, headers, body) in [
      ("200 OK", "X-\(secret.filter(\.isLetter)): \(secret)", manifest),
      ("302 Found", "Location: http://x/?t=\(secret)", ""),
      ("401 x", "WWW-Authenticate: Bearer realm=\"\(secret)\", error=\"\(secret)\", scope=\"\(secret)\"", ""),
      ("403 x", "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"\(secret)\"", ""),
      ("200 OK", "WWW-Authenticate: \(secret)\r\nAccess-Control-Allow-Origin: \(secret)", secret),
    ] {
      let server = try RecordingServer(
        answer: "HTTP/1.1 \(status)\r\n\(headers)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      let url = "http://127.0.0.1:\(server.port)/"
      let check = try Bearerd.run("manifest", "check", "\(url)?t=\(secret)", tokens: scratch.tokens)
      expectSecret(secret, notIn: check, "manifest check of \(status)")
      let doctor = try Bearerd.run(
        "doctor", "\(url)\(secret)", "--token-stdin", "--public", "/\(secret)", stdin: secret)
      expectSecret(secret, notIn: doctor, "doctor of \(status)")
    }
  }

  @Test("that a daemon repeats", arguments: secrets)
  func daemon(secret: String) throws {
    let scratch = try tokens(secret)
    for (status, headers) in [
      ("200 OK", "X-Bearerd-Application: \(secret)\r\nX-Bearerd-Key: \(secret)\r\n"),
      ("401 x", "WWW-Authenticate: Bearer realm=\"\(secret)\", error=\"\(secret)\"\r\n"),
      ("403 x", "WWW-Authenticate: Bearer scope=\"\(secret)\"\r\n"), ("503 x", ""),
    ] {
      let daemon = try HostileDaemon(answer: Array(secret.utf8), status: status, headers: headers)
      let doctor = try Bearerd.run("doctor", daemon.address.description, "--token-stdin", stdin: secret)
      expectSecret(secret, notIn: doctor, "doctor of \(status)")
    }
    let secret = SecretOutputTests.secrets[0]
    let report = HostileDaemonTests.report.replacing("\"k\"", with: "\"\(secret)\"")
    let daemon = try HostileDaemon(answer: Array(report.utf8))
    let listen = ["--listen", daemon.address.description]
    for command in [
      ["status"], ["status", "--json"], ["token", "revoke", "ci", "--tokens", scratch.tokens],
    ] {
      let outcome = try Bearerd.start([Bearerd.path] + command + listen).wait()
      expectSecret(secret, notIn: outcome, "\(command)")
    }
    let unwell = try HostileDaemon(answer: Array(secret.utf8), status: "503 x")
    let health = try Bearerd.run("health", "--listen", unwell.address.description)
    expectSecret(secret, notIn: health, "health")
  }

  @Test("but shows a relative path, which only resembles one")
  func path() throws {
    let scratch = try tokens(SecretOutputTests.secrets[0])
    let file = "site/.well-known/ai-plugin-of-2026.json"
    let secret = "5f3c1d9a7b2e8046c1d5f90a3b7e2c84"
    try FileManager.default.createDirectory(
      atPath: "\(scratch.path)/site/.well-known", withIntermediateDirectories: true)
    try scratch.write("{\"a\": \"\(secret)\"}", to: file)
    let command = ["env", "-C", scratch.path, Bearerd.path, "token", "add", "ci", "--tokens", "tokens"]
    let outcome = try Bearerd.start(command + ["--manifest", file], stdin: secret).wait()
    #expect(outcome.errors.contains("this token is in \(file), which is public"), "\(outcome.errors)")
  }

  @Test("that is an argument, a file's name or a line of the token file", arguments: secrets)
  func arguments(secret: String) throws {
    let scratch = try tokens(secret)
    for command in [
      ["check"], ["status"], ["health"], ["serve"], ["token", "list"], ["token", "new"],
      ["token", "new", "a"],
      ["token", "add", "a"], ["token", "rotate", "ci"], ["token", "revoke", "ci"], ["token", "explain"],
      ["doctor"],
      ["manifest", "new"], ["manifest", "check", "/nowhere"], ["manifest", "verify", "a", "b"], [],
    ] {
      for arguments in [
        [secret], ["--key", secret], ["--workers", secret], ["--scope=\(secret)"], ["--expires", secret],
        ["--\(secret)"], ["--public", secret], ["--from", secret], ["--log-level", secret],
      ] {
        let outcome = try Bearerd.start([Bearerd.path] + command + arguments, stdin: "x").wait()
        expectSecret(secret, notIn: outcome, "\(command + arguments)")
      }
    }
    for line in [
      "\(secret) x", "ci \(secret)", "ci \(hash("b")) id=\(secret).", "ci \(hash("b")) \(secret)",
      "ci \(hash("b")) scopes=\(secret),",
    ] {
      try scratch.write("\(line)\n", to: "bad")
      let outcome = try Bearerd.run("check", tokens: "\(scratch.path)/bad")
      expectSecret(secret, notIn: outcome, line)
    }
    let explain = try Bearerd.run(
      "token", "explain", tokens: "\(scratch.path)/\(secret)", stdin: "Bearer \(secret)")
    expectSecret(secret, notIn: explain, "explain")
    let named = SecretOutputTests.secrets[0]
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/d", withIntermediateDirectories: true)
    try scratch.write("ci \(hash("c")) id=k\n", to: "d/\(named).tokens")
    for command in [["token", "list", "--json"], ["token", "list"], ["check"]] {
      let outcome = try Bearerd.start([Bearerd.path] + command + ["--tokens", "\(scratch.path)/d"]).wait()
      expectSecret(named, notIn: outcome, "\(command)")
    }
  }
}
