import ArgumentParser
import BearerAuth
import BearerdService
import Glibc

/// `bearerd`: one file per subcommand.
@main
struct Bearerd: ParsableCommand {
  static let version = Release.version

  static let configuration = CommandConfiguration(
    commandName: "bearerd",
    abstract: "Checks bearer tokens for a web server, over FastCGI.",
    discussion: """
      For each request a web server asks bearerd whether it is allowed; bearerd answers 200, 401 or 403, using a file \
      of hashed tokens. Each application has tokens of its own, which `bearerd token` creates, replaces and revokes.
      """,
    version: version,
    subcommands: [
      Serve.self,
      CGICommand.self,
      Check.self,
      Status.self,
      Health.self,
      TokenCommand.self,
      ManifestCommand.self,
      DoctorCommand.self,
    ])

  static func main() {
    // Swift's runtime reads the arguments from /proc/self/cmdline. If that fails there seem to be none: every
    // command would print this help and exit with 0.
    guard !CommandLine.arguments.isEmpty else {
      Console.note("bearerd: cannot read its own arguments; mount /proc")
      Glibc.exit(EXIT_FAILURE)
    }
    CommandLine.arguments.dropFirst().forEach(hideSecret)
    let environment = CGIEnvironment.current
    do {
      guard !environment.isCGI else {
        // The arguments may be a client's, so only `cgi` may run.
        return try CGICommand.answer(environment, arguments: Array(CommandLine.arguments.dropFirst()))
      }
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  /// Like `exit(withError:)`, but prints through the console: messages repeat arguments, which may contain
  /// anything.
  private static func end(with error: any Error) -> Never {
    let code = exitCode(for: error)
    var message = fullMessage(for: error)
    // Line ends too: the console keeps those of the message itself.
    for text in CommandLine.arguments.dropFirst().flatMap(parts) where text != text.printable {
      message = message.replacing(text, with: text.printable)
    }
    if !message.isEmpty, code == .success { try? Console.print(message) }
    if !message.isEmpty, code != .success { Console.note(lines: message) }
    Glibc.exit(code.rawValue)
  }

  /// `--option=value`, and `value`.
  private static func parts(of argument: String) -> [String] {
    [argument] + argument.split(separator: "=", maxSplits: 1).dropFirst().map(String.init)
  }

  /// Whether an argument is the path of a file, or of one that could be created; a random token is neither.
  private static func isPath(_ text: String) -> Bool {
    guard !text.hasPrefix("/"), !text.hasPrefix("."), access(text, F_OK) != 0 else { return true }
    return text.lastIndex(of: "/").map { access(String(text[..<$0]), F_OK) == 0 } ?? false
  }

  /// Hides a token that was given as an argument by mistake from all output.
  private static func hideSecret(in argument: String) {
    for text in parts(of: argument) {
      let bytes = Array(text.utf8)
      guard !isPath(text), Secret.isWellFormed(bytes.span),
        SecretStrength(of: bytes.span).isSufficient
      else { continue }
      Console.hide(bytes)
    }
  }
}

/// `bearerd check`: whether the tokens can be loaded. Like `nginx -t`.
struct Check: Command {
  /// The exit code if the tokens can be loaded, but --expiring or --max-life lists some of them.
  static let listedCode: Int32 = 3

  static let configuration = CommandConfiguration(
    abstract: "Check whether the tokens can be loaded, and list all errors.",
    discussion: """
      Exits 0 if they can be loaded, 78 if they have an error, 74 if they cannot be read, and 3 if --expiring or \
      --max-life lists a token. For cron: bearerd check --quiet --expiring 14d
      """)

  @OptionGroup var source: TokensOption

  @Option(
    help: ArgumentHelp("List the tokens that expire within this time: 14d, 12h, 2w.", valueName: "time"),
    transform: Check.duration)
  var expiring: Int64?

  @Option(
    help: ArgumentHelp(
      "List the tokens that never expire or are valid for longer than this.", valueName: "time"),
    transform: Check.duration)
  var maxLife: Int64?

  @Flag(help: "Print nothing if there is nothing to report.")
  var quiet = false

  func perform() throws {
    // Root need not be the daemon's user; any other user is assumed to be.
    let loaded = try source.load(owners: geteuid() == 0 ? .warned : .refused)
    let now = Instant.now
    let lines = findings(in: loaded, at: now)
    guard lines.isEmpty else {
      try Console.print(lines.joined(separator: "\n"))
      throw ExitCode(Check.listedCode)
    }
    if !quiet { try Console.print("ok: \(loaded.summary(at: now))") }
  }

  /// A line for each token to replace, those that expire first at the top. Tokens that have expired or are disabled are
  /// not listed: they need no replacement.
  private func findings(in loaded: LoadedTokens, at now: Instant) -> [String] {
    let live = loaded.tokens.filter { !$0.isExpired(at: now) && !$0.isDisabled }.sorted {
      $0.expires < $1.expires
    }
    return live.flatMap { token in
      [expiry(of: token, at: now), life(of: token, at: now)].compactMap(\.self).map {
        "\(loaded.files[token.file].printable):\(token.line): \(name(of: token)) \($0)"
      }
    }
  }

  private func expiry(of token: Token, at now: Instant) -> String? {
    guard let expiring, token.expires <= now.advanced(by: expiring) else { return nil }
    let left = DurationText.text(token.expires.seconds - now.seconds)
    return "expires on \(token.expires) (in \(left)); `bearerd token rotate` replaces it"
  }

  private func life(of token: Token, at now: Instant) -> String? {
    guard let maxLife else { return nil }
    let limit = "--max-life is \(DurationText.text(maxLife))"
    guard token.expires != .distantFuture else { return "never expires; \(limit)" }
    let begin = min(token.created ?? now, now)
    guard token.expires > begin.advanced(by: maxLife) else { return nil }
    let life = DurationText.text(token.expires.seconds - begin.seconds)
    return "expires on \(token.expires), \(life) after \(begin); \(limit)"
  }

  private static func duration(_ text: String) throws -> Int64 {
    guard let seconds = DurationText.seconds(text) else {
      throw ValidationError("write 14d, 12h, 30m, 45s or 2w")
    }
    return seconds
  }
}

/// `bearerd token`: creates, replaces, revokes, disables, lists and explains tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Create, replace, revoke, disable, list and explain tokens.",
    discussion:
      "The daemon reads every change by itself; if it is running, a command that changes tokens waits until it has.",
    subcommands: [
      NewToken.self, AddToken.self, RotateToken.self, RevokeToken.self, DisableToken.self, EnableToken.self,
      ListTokens.self, ExplainToken.self,
    ])
}

/// `bearerd manifest`: the file that applications read before they use a service.
struct ManifestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifest",
    abstract: "Write, complete and check the manifest of a service (ai-plugin.json).",
    discussion: """
      Two values are easy to confuse. The token is yours: `bearerd token new` creates it, you paste it into the \
      application, it is secret. The verification token is the application's: the application issues it, you publish \
      it in the manifest, it grants no access.
      """,
    subcommands: [NewManifest.self, VerifyManifest.self, CheckManifest.self])
}

/// `bearerd doctor`: checks a live site, a socket, or nginx's configuration.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Find misconfigurations that bypass checks, leak secrets or deny valid requests: in a live site, a socket, "
      + "or nginx's configuration.",
    discussion: """
      bearerd doctor https://api.example.com/api/ --token-stdin <app.token
      bearerd doctor unix:/run/bearerd/bearerd.sock
      bearerd doctor nginx
      """,
    subcommands: [Doctor.self, NginxDoctor.self],
    defaultSubcommand: Doctor.self)
}
