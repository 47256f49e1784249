import Foundation
import Testing

@Suite("curl and wget through nginx")
struct DownloadClientTests {
  private let client: ClientSite

  init() throws { client = try ClientSite() }

  private func netrc(_ token: String) throws {
    try client.write("machine 127.0.0.1 login ci password \(token)\n", to: "home/.netrc")
  }

  @Test("curl sends the token by -u, --anyauth, the URL, .netrc and --oauth2-bearer")
  func curl() throws {
    let tokens = try client.tokens()
    try netrc(tokens.valid)
    let url = client.url("/files/file.txt")
    for arguments in [
      ["-u", "ci:\(tokens.valid)", url], ["-u", ":\(tokens.valid)", url],
      ["--anyauth", "-u", "ci:\(tokens.valid)", url],
      [client.url("/files/file.txt", "ci", tokens.valid)], ["-n", url],
      ["--oauth2-bearer", tokens.valid, url],
      ["-u", "caf\u{e9}:\(tokens.valid)", url],
    ] {
      let outcome = try client.run(["curl", "-sS"] + arguments)
      #expect(
        outcome.code == 0 && outcome.output == "a file\n", "\(arguments.prefix(2).map { $0.prefix(9) })")
    }
    client.expectNoSecret(tokens.valid)
  }

  @Test("curl and wget show 401 without a token and with a wrong one, 403 without the scope")
  func denied() throws {
    let tokens = try client.tokens()
    let url = client.url("/files/file.txt")
    for (login, status) in [
      (nil, 401), ("ci:wrong", 401), ("\(tokens.valid):", 401), ("ci:\(tokens.scoped)", 403),
    ]
      as [(String?, Int)]
    {
      let outcome = try client.run(["curl", "-sSf"] + (login.map { ["-u", $0] } ?? []) + [url])
      #expect(outcome.code == 22 && outcome.errors.contains("error: \(status)"), "\(outcome.errors)")
      let parts = (login ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      let user = login == nil ? [] : ["--user=\(parts[0])", "--password=\(parts[1])"]
      let got = try client.run(["wget", "-O", "-"] + user + [url])
      #expect(got.code == (status == 403 ? 8 : 6) && got.output.isEmpty, "\(got.code) \(got.errors)")
      #expect(
        got.errors.contains(status == 403 ? "ERROR 403" : "Username/Password Authentication Failed"),
        "\(got.errors)")
    }
    client.expectNoSecret(tokens.valid, tokens.scoped)
  }

  @Test("wget sends the token by --user and --password, .netrc, the URL and --header")
  func wget() throws {
    let tokens = try client.tokens()
    let url = client.url("/files/file.txt")
    for arguments in [
      ["--user=ci", "--password=\(tokens.valid)", url],
      ["--auth-no-challenge", "--user=ci", "--password=\(tokens.valid)", url],
      [client.url("/files/file.txt", "ci", tokens.valid)],
      ["--header=Authorization: Bearer \(tokens.valid)", url],
    ] {
      let outcome = try client.run(["wget", "-q", "-O", "-"] + arguments)
      #expect(outcome.code == 0 && outcome.output == "a file\n", "\(arguments[0].prefix(9)) \(outcome.code)")
    }
    try netrc(tokens.valid)
    #expect(try client.run(["wget", "-q", "-O", "-", url]).output == "a file\n")
    client.expectNoSecret(tokens.valid)
  }

  @Test("Basic is denied where the location does not accept it, and its challenge does not ask for it")
  func off() throws {
    let tokens = try client.tokens()
    let url = client.url("/bearer/file.txt")
    let denied = try client.run(["curl", "-si", "-u", "ci:\(tokens.valid)", url])
    #expect(
      denied.output.hasPrefix("HTTP/1.1 401")
        && denied.output.contains("WWW-Authenticate: Bearer realm=\"bearerd\"\r\n"))
    #expect(!denied.output.contains("Basic"))
    #expect(try client.run(["curl", "-s", "--oauth2-bearer", tokens.valid, url]).output == "a file\n")
    let asked = try client.run(["curl", "-si", client.url("/files/file.txt")])
    #expect(
      asked.output.contains("WWW-Authenticate: Basic realm=\"bearerd\", Bearer realm=\"bearerd\"\r\n"),
      "\(asked.output)")
  }
}
