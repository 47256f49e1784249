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

      A program that a web server starts (GATEWAY_INTERFACE is set) does nothing but this, whatever its arguments. \
      Without `cgi` as the first of them it takes its options from the environment alone: BEARERD_CGI_TOKENS \
      for --tokens, BEARERD_CGI_CACHE_TTL for --cache-ttl, and `on` for an option without a value.
      """)

  @OptionGroup var source: TokensOption
  @OptionGroup(title: "Answers") var answers: AnswerFlags
  @OptionGroup(title: "Files") var files: HandOverFlags

  @Option(
    help: ArgumentHelp("The door, where the web server does not set BEARERD_SCOPE.", valueName: "scope"),
    transform: CGICommand.scope)
  var scope: RequiredScopes?

  /// Started without GATEWAY_INTERFACE: by a person, or by a script that removed it.
  func run() throws {
    try CGICommand.finish {
      try CGIArguments.rejectQuery(in: Array(CommandLine.arguments.dropFirst(2)), .current)
      return try outcome()
    }
  }

  /// Started by a web server: answers the request and nothing else, whatever the arguments.
  static func answer(_ environment: CGIEnvironment, arguments: [String]) throws {
    try finish { try parse(CGIArguments.options(in: arguments, environment)).outcome() }
  }

  private func outcome() throws -> CGI.Outcome {
    Secrecy.begin()
    let cgi = CGI(
      source: TokenSource(path: source.tokens), answers: try answers.options(),
      scope: scope.map { "\($0)" }, handOver: try files.handOver())
    return cgi.answer(.current, at: .now, logger: CGICommand.logger)
  }

  /// Writes the answer; an error in the options is a complete 500.
  private static func finish(_ outcome: () throws -> CGI.Outcome) throws {
    let answer: CGI.Outcome
    do {
      answer = try outcome()
    } catch {
      let text = (error as? CGIFailure)?.description ?? message(for: error)
      logger.error("every request is denied: \(text.split(separator: "\n").first ?? "wrong options")")
      answer = .failure(code: EX_USAGE)
    }
    try Console.answer(answer.response)
    RequestBody.discard(of: .current)
    if answer.code != 0 { throw ExitCode(answer.code) }
  }

  private static let logger: Logger = {
    let handler = StderrLogHandler(level: .info, format: .text)
    return Logger(label: "bearerd") { _ in handler }
  }()

  private static func scope(_ text: String) throws -> RequiredScopes {
    guard let scope = RequiredScopes(text) else { throw ValidationError("a scope is \(Scope.rule)") }
    return scope
  }
}

/// Which files `cgi` hands over, and how.
struct HandOverFlags: ParsableArguments {
  @Option(
    name: .customLong("private"),
    help: ArgumentHelp(
      "Hand over the files below it: a URL path that only redirects inside the web server reach.",
      valueName: "/path/"))
  var privatePrefix: String?

  @Option(
    name: .customLong("public"),
    help: ArgumentHelp("What the path asked for begins with; --private takes its place.", valueName: "/path/")
  )
  var publicPrefix = "/"

  @Option(
    name: .customLong("path"),
    help: ArgumentHelp(
      "The variable that holds the path asked for: PATH_INFO, or REDIRECT_URL behind an Apache's RewriteRule.",
      valueName: "variable"))
  var variable = HandOver.PathVariable.pathInfo

  @Flag(
    name: .customLong("x-sendfile"),
    help: "Hand over by X-Sendfile: --private is a folder on the disk, which may lie outside the site.")
  var sendsFile = false

  func validate() throws {
    guard privatePrefix != nil || publicPrefix == "/" && !sendsFile else {
      throw ValidationError("--public and --x-sendfile say how to hand over; say with --private from where")
    }
    do {
      _ = try handOver()
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// nil where nothing is to be handed over.
  func handOver() throws(HandOver.Invalid) -> HandOver? {
    guard let privatePrefix else { return nil }
    return try HandOver(
      from: variable, publicPrefix: publicPrefix, privatePrefix: privatePrefix,
      kind: sendsFile ? .sendfile : .location)
  }
}

extension HandOver.PathVariable: ExpressibleByArgument {}
