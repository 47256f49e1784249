import Foundation
import TestSupport
import Testing

/// What a client program shows its user, for the table of examples/callers.
struct ClientFacts {
  static let head = """
    | client | how it sends the token | no token | wrong token | scope missing |
    |---|---|---|---|---|
    """

  /// One row of the table.
  let row: String

  /// Runs a client with each token; with the valid one it must succeed.
  /// - Parameters:
  ///   - version: prints the version.
  ///   - shown: finds what the program shows for a denial, in its output.
  ///   - sendsNothingWithoutToken: it needs a token of its user to send anything.
  ///   - run: runs it with this token, or without any.
  init(
    _ name: String, version: [String], how: String, tokens: (valid: String, scoped: String),
    shown: Regex<Substring>,
    sendsNothingWithoutToken: Bool = false, run: (String?) throws -> Outcome
  ) throws {
    let printed = try Bearerd.start(version).wait().output
    let number = printed.firstMatch(of: /\d+(\.\d+)+/).map { " \($0.output.0)" } ?? ""
    let allowed = try run(tokens.valid)
    #expect(allowed.code == 0, "\(name): \(allowed.errors)")
    let cells = try [nil, "made-up", tokens.scoped].map { token in
      if token == nil, sendsNothingWithoutToken { return "sends no request" }
      let outcome = try run(token)
      let text = outcome.errors + outcome.output
      #expect(outcome.code != 0, "\(name)")
      let line = try #require(text.firstMatch(of: shown)?.output, "\(name): \(text)")
      let isTold = [tokens.valid, tokens.scoped].contains { text.contains($0) }
      #expect(!isTold, "\(name)")
      return line.trimmingCharacters(in: .whitespaces)
    }
    row = "| \(name)\(number) | \(how) | \(cells.joined(separator: " | ")) |"
  }

  /// All clients whose denials a user reads.
  static func all(_ client: ClientSite) throws -> [ClientFacts] {
    let tokens = try client.tokens()
    func login(_ token: String?) -> [String] { token.map { ["-u", "ci:\($0)"] } ?? [] }
    let file = client.url("/files/file.txt")
    try client.preparePip()
    try client.prepareApt()
    let git = ["sh", "-c", "cd '\(client.directory)' && rm -rf copy && git clone -q \"$0\" copy"]
    let repository = try client.run(["git", "init", "-q", "--bare", "\(client.directory)/git/repository.git"])
    try #require(repository.code == 0)
    return try [
      ClientFacts(
        "curl", version: ["curl", "--version"], how: "`-u`, `--oauth2-bearer`, `-H`, .netrc, URL",
        tokens: tokens,
        shown: /The requested URL returned error: \d+/
      ) { try client.run(["curl", "-sSf"] + login($0) + [file]) },
      ClientFacts(
        "wget", version: ["wget", "--version"], how: "`--user` and `--password`, `--header`, .netrc, URL",
        tokens: tokens, shown: /(?:ERROR \d+: [^\n]*|Username\/Password Authentication Failed)/
      ) { token in
        let user = token.map { ["--user=ci", "--password=\($0)"] } ?? []
        return try client.run(["wget", "-O", "/dev/null"] + user + [file])
      },
      ClientFacts(
        "git", version: ["git", "--version"], how: "URL, credential helper, `http.extraHeader`",
        tokens: tokens,
        shown: /(?:could not read Username|Authentication failed|The requested URL returned error: \d+)/
      ) { try client.run(git + [client.url("/git/repository.git", $0 == nil ? nil : "ci", $0)]) },
      ClientFacts(
        "pip", version: ["\(client.directory)/venv/bin/pip", "--version"], how: "index URL, .netrc",
        tokens: tokens,
        shown: /No matching distribution found for demo/
      ) { try client.pip(client.url("/files/simple/", $0 == nil ? nil : "ci", $0), into: "pip") },
      ClientFacts(
        "apt", version: ["apt-get", "--version"], how: "auth.conf", tokens: tokens, shown: /\d\d\d  [A-Z]\w+/
      ) { try client.apt($0.map { ("ci", $0) }) },
      ClientFacts(
        "rclone (WebDAV)", version: ["rclone", "--version"], how: "`bearer_token`; user and password",
        tokens: tokens, shown: /\d\d\d [A-Z]\w+/
      ) { token in
        let login = token.map { ["--webdav-bearer-token", $0] } ?? []
        return try client.run(
          [
            "rclone", "--config", "/dev/null", "--retries", "1", "lsf", "--webdav-url", client.url("/dav/"),
            ":webdav:",
          ]
            + login)
      },
      ClientFacts(
        "restic", version: ["restic", "version"], how: "URL of the REST server", tokens: tokens,
        shown: /(?:unexpected HTTP response[^\n:]*|server response unexpected: \d+ \w+)[^\n:]*/
      ) { token in
        let url = "rest:\(client.url("/restic/", token == nil ? nil : "ci", token))"
        let script =
          "restic --no-cache -r \"$0\" init >/dev/null 2>&1; exec restic --no-cache -r \"$0\" snapshots --no-lock"
        return try client.run(["sh", "-c", script, url], environment: ["RESTIC_PASSWORD=throwaway"])
      },
    ]
  }

  /// The official SDKs.
  static func sdks() throws -> [ClientFacts] {
    let site = try NginxSite(
      configuration: NginxConfiguration(server: SDKTests.server, denied: "bearerd-denied-json.conf"))
    let tokens = (valid: try site.token("app"), scoped: try site.token("limited", "--scopes", "other"))
    let python = try SDKTests.python()
    return try [("openai", "`api_key`, in Authorization"), ("anthropic", "`api_key`, in x-api-key")].map {
      sdk, how in
      let version = "import importlib.metadata; print(importlib.metadata.version('\(sdk)'))"
      return try ClientFacts(
        "\(sdk) (Python)", version: [python, "-c", version], how: how, tokens: tokens,
        shown:
          /\w+Error(?:: (?:This request needs a valid token|The token lacks the scope that this request needs)\.)?/,
        sendsNothingWithoutToken: true
      ) { token in
        let seen = try SDKTests.ask(sdk, site, by: python, token ?? "")
        let sentence =
          seen.text?.firstMatch(of: /(?:This request needs|The token lacks)[^.]*\./)?.output ?? ""
        return Outcome(
          code: seen.answer == nil ? 1 : 0, output: "", errors: "\(seen.exception ?? ""): \(sentence)")
      }
    }
  }
}
