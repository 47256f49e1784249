import Foundation
import TestSupport
import Testing

@Suite("git through nginx")
struct GitTests {
  private let client: ClientSite

  init() throws {
    client = try ClientSite()
    for command in [
      "git init -q --bare -b main git/repository.git",
      "git -C git/repository.git config http.receivepack true",
      "git init -q -b main work",
      "git -C work -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m first",
      "git -C work push -q ../git/repository.git main",
    ] {
      let outcome = try client.run(["sh", "-c", "cd \(client.directory) && \(command)"])
      try #require(outcome.code == 0, "\(command): \(outcome.errors)")
    }
  }

  private func git(_ arguments: String..., config: [String] = []) throws -> Outcome {
    let command = arguments.map { "'\($0)'" }.joined(separator: " ")
    let settings = config.map { "-c '\($0)' " }.joined()
    return try client.run(["sh", "-c", "cd \(client.directory) && git \(settings)\(command)"])
  }

  /// A helper that prints the token of a file, as `git config credential.helper` has it.
  private func helper(_ file: String) -> String {
    "credential.helper=!f() { echo username=ci; echo \"password=$(cat \(client.directory)/\(file))\"; }; f"
  }

  @Test("clones and pushes with the token in the URL")
  func url() throws {
    let tokens = try client.tokens()
    let cloned = try git("clone", "-q", client.url("/git/repository.git", "ci", tokens.valid), "copy")
    #expect(cloned.code == 0, "\(cloned.errors)")
    try push(from: "copy", config: [])
    client.expectNoSecret(tokens.valid)
  }

  @Test("clones and pushes with a credential helper, and with Bearer in http.extraHeader")
  func helpers() throws {
    let tokens = try client.tokens()
    try client.write(tokens.valid, to: "secret")
    let bearer = "http.extraHeader=Authorization: Bearer \(tokens.valid)"
    for (name, config) in [("helped", helper("secret")), ("bearer", bearer)] {
      let cloned = try git("clone", "-q", client.url("/git/repository.git"), name, config: [config])
      #expect(cloned.code == 0, "\(name): \(cloned.errors)")
      try push(from: name, config: [config])
    }
    client.expectNoSecret(tokens.valid)
  }

  /// A commit of its own, large enough that git sends it in pieces.
  private func push(from directory: String, config: [String]) throws {
    let name = "\(directory).bin"
    let made = try client.run([
      "sh", "-c",
      "cd \(client.directory)/\(directory) && head -c 3000000 /dev/urandom >\(name) && git add \(name) && "
        + "git -c user.name=t -c user.email=t@example.org commit -q -m \(directory)",
    ])
    try #require(made.code == 0, "\(made.errors)")
    let pushed = try git("-C", directory, "push", "-q", "origin", "main", config: config)
    #expect(pushed.code == 0, "\(directory): \(pushed.errors)")
    let log = try git("-C", "git/repository.git", "log", "--format=%s", "main")
    #expect(log.output.hasPrefix("\(directory)\n"), "\(log.output)")
  }

  @Test("says what is wrong without a token, with a wrong one, and with one that lacks the scope")
  func denied() throws {
    let tokens = try client.tokens()
    let wrong = String(tokens.valid.dropLast()) + (tokens.valid.hasSuffix("a") ? "b" : "a")
    for (user, password, message) in [
      (nil, nil, "could not read Username"), ("ci", wrong, "Authentication failed"),
      ("ci", tokens.scoped, "The requested URL returned error: 403"),
      // The token as the user name: it must not be in the log either.
      (tokens.valid, "x-oauth-basic", "Authentication failed"),
    ] as [(String?, String?, String)] {
      let outcome = try git("clone", "-q", client.url("/git/repository.git", user, password), "none")
      #expect(outcome.code == 128 && outcome.errors.contains(message), "\(outcome.errors)")
    }
    let log = client.site.bearerd.output
    #expect(log.contains("scheme=basic") && log.contains("user=ci"), "\(log)")
    #expect(log.contains("user=brd_...") || log.contains("user=..."), "\(log)")
    let isLogged = log.contains(tokens.valid) || log.contains(wrong)
    #expect(!isLogged)
  }
}
