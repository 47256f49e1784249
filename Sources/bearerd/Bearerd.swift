import ArgumentParser
import BearerAuth
import BearerdService
import Glibc

/// `bearerd`: one subcommand a file.
@main
struct Bearerd: ParsableCommand {
  static let version = Release.version

  static let configuration = CommandConfiguration(
    commandName: "bearerd",
    abstract: "Checks bearer tokens for a web server, over FastCGI.",
    discussion: """
      A web server asks bearerd about every request; bearerd answers 200, 401 or 403 by a file of hashed tokens. \
      Each application that calls has tokens of its own, which `bearerd token` makes, replaces and takes back.
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
    // Swift's runtime reads the arguments from /proc/self/cmdline. Without it there seem to be none: every command
    // would show this help and end well, with nothing done.
    guard !CommandLine.arguments.isEmpty else {
      Console.note("bearerd: cannot read its own arguments; mount /proc")
      Glibc.exit(EXIT_FAILURE)
    }
    CommandLine.arguments.dropFirst().forEach(hideSecret)
    let environment = CGIEnvironment.current
    do {
      guard !environment.isCGI else {
        // The arguments may be a client's: no other command may see them.
        return try CGICommand.answer(environment, arguments: Array(CommandLine.arguments.dropFirst()))
      }
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  /// Ends as `exit(withError:)` does, but by the console: its messages repeat arguments, which may be anything.
  private static func end(with error: any Error) -> Never {
    let code = exitCode(for: error)
    var message = fullMessage(for: error)
    // Line ends too: the console keeps those that are the message's own.
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

  /// Whether an argument names a file, or one that could be made; a random token names neither.
  private static func isPath(_ text: String) -> Bool {
    guard !text.hasPrefix("/"), !text.hasPrefix("."), access(text, F_OK) != 0 else { return true }
    return text.lastIndex(of: "/").map { access(String(text[..<$0]), F_OK) == 0 } ?? false
  }

  /// Keeps a token out of the output that was given as an argument, where none belongs.
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

/// `bearerd token`: makes, replaces, takes back, lists and explains tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make, replace, take back, list and explain tokens.",
    discussion:
      "The daemon reads every change by itself; where it answers, a command that changes something waits for that.",
    subcommands: [
      NewToken.self, AddToken.self, RotateToken.self, RevokeToken.self, ListTokens.self, ExplainToken.self,
    ])
}

/// `bearerd manifest`: what applications read about a service before they call it.
struct ManifestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifest",
    abstract: "Write, complete and check the manifest of a service (ai-plugin.json).",
    discussion: """
      Two values must not be confused. The token is yours: `bearerd token new` makes it, you paste it into the \
      application, it is secret. The verification token is the application's: it issues it, you publish it in the \
      manifest, it opens nothing.
      """,
    subcommands: [NewManifest.self, VerifyManifest.self, CheckManifest.self])
}

/// `bearerd doctor`: what is wrong with a live site, a socket, or nginx's configuration.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Find what is open, leaks or is denied by mistake: in a live site, a socket, or nginx's configuration.",
    discussion: """
      bearerd doctor https://api.example.com/api/ --token-stdin <app.token
      bearerd doctor unix:/run/bearerd/bearerd.sock
      bearerd doctor nginx
      """,
    subcommands: [Doctor.self, NginxDoctor.self],
    defaultSubcommand: Doctor.self)
}
