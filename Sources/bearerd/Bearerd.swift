import ArgumentParser
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
    ],
    // RFC 3875 section 4.1.4: a web server has started us.
    defaultSubcommand: getenv("GATEWAY_INTERFACE") == nil ? nil : CGICommand.self)

  static func main() {
    // Swift's runtime reads the arguments from /proc/self/cmdline. Without it there seem to be none: every command
    // would show this help and end well, with nothing done.
    guard !CommandLine.arguments.isEmpty else {
      Console.note("bearerd: cannot read its own arguments; mount /proc")
      Glibc.exit(EXIT_FAILURE)
    }
    main(nil)
  }
}
