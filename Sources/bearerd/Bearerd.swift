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
  static let configuration = CommandConfiguration(
    abstract: "Check whether the tokens can be loaded, and list all errors.",
    discussion:
      "Exits 0 if they can be loaded, 78 if they have an error, and 74 if they cannot be read.")

  @OptionGroup var source: TokensOption

  func perform() throws {
    // Root need not be the daemon's user; any other user is assumed to be.
    let loaded = try source.load(owners: geteuid() == 0 ? .warned : .refused)
    try Console.print("ok: \(loaded.summary(at: .now))")
  }
}

/// `bearerd token`: creates, replaces, revokes, lists and explains tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Create, replace, revoke, list and explain tokens.",
    discussion:
      "The daemon reads every change by itself; if it is running, a command that changes tokens waits until it has.",
    subcommands: [
      NewToken.self, AddToken.self, RotateToken.self, RevokeToken.self, ListTokens.self, ExplainToken.self,
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
