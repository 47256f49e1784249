import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import Logging

/// `bearerd cgi`: one request, one answer.
struct CGICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cgi",
    abstract: "Answer one request as a CGI program, where there is no daemon.",
    discussion: """
      #!/bin/sh
      exec /home/me/bin/bearerd cgi --tokens /home/me/tokens

      Reads the environment that a web server gives a CGI program, and answers 200, 401 or 403. With --private it \
      hands files over instead: the web server is told to send the same path below a folder that nobody else \
      reaches. Exits with 0 where the request may pass and with 1 where not.

      It is also what a bearerd without a subcommand does where GATEWAY_INTERFACE is set.
      """)

  @OptionGroup var source: TokensOption
  @OptionGroup(title: "Answers") var answers: AnswerFlags
  @OptionGroup(title: "Files") var files: HandOverFlags

  @Option(
    help: ArgumentHelp("The door, where the web server does not set BEARERD_SCOPE.", valueName: "scope"),
    transform: CGICommand.scope)
  var scope: Scope?

  func run() throws {
    Secrecy.begin()
    let handler = StderrLogHandler(level: .info, format: .text)
    let cgi = CGI(
      source: TokenSource(path: source.tokens), answers: try answers.options(),
      scope: scope.map { "\($0)" }, handOver: try files.handOver())
    let outcome = cgi.answer(
      .current, arguments: Array(CommandLine.arguments.dropFirst()), at: .now,
      logger: Logger(label: "bearerd") { _ in handler })
    try Console.answer(outcome.response)
    RequestBody.discard(of: .current)
    if outcome.code != 0 { throw ExitCode(outcome.code) }
  }

  private static func scope(_ text: String) throws -> Scope {
    guard let scope = Scope(text) else { throw ValidationError("a scope is \(Scope.rule)") }
    return scope
  }
}
