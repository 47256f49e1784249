import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import Logging

/// `bearerd cgi`: answers one request.
struct CGICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cgi",
    abstract: "Answer one request as a CGI program, without a daemon.",
    discussion: """
      #!/bin/sh
      exec /home/me/bin/bearerd cgi --tokens /home/me/tokens

      Reads the environment that a web server gives a CGI program, and answers 200, 401 or 403. With --private it \
      serves files instead: for GET and HEAD, an authorized client gets the file by internal redirect, from a \
      directory that clients cannot request. Exits 0 if the request is allowed, 1 if denied.

      Started by a web server (GATEWAY_INTERFACE is set), bearerd always runs this command, whatever its arguments. \
      If the first is not `cgi`, it takes its options from the environment only: BEARERD_CGI_TOKENS \
      for --tokens, BEARERD_CGI_CACHE_TTL for --cache-ttl, and `on` for an option without a value.
      """)

  @OptionGroup var source: TokensOption
  @OptionGroup(title: "Answers") var answers: AnswerFlags
  @OptionGroup(title: "Files") var files: HandOverFlags

  @Option(
    help: ArgumentHelp(
      "The required scope, if the web server does not set BEARERD_SCOPE.", valueName: "scope"),
    transform: CGICommand.scope)
  var scope: RequiredScopes?

  /// Started without GATEWAY_INTERFACE: by a person, or by a script that removed it.
  func run() throws {
    try CGICommand.finish {
      try CGIArguments.rejectQuery(in: Array(CommandLine.arguments.dropFirst(2)), .current)
      return try outcome()
    }
  }

  /// Started by a web server: answers the request, whatever the arguments.
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

  /// Writes the response; an error in the options is answered with a complete 500.
  private static func finish(_ outcome: () throws -> CGI.Outcome) throws {
    let answer: CGI.Outcome
    do {
      answer = try outcome()
    } catch {
      let text = (error as? CGIFailure)?.description ?? message(for: error)
      logger.error("every request is denied: \(text.split(separator: "\n").first ?? "invalid options")")
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

/// The options of `cgi` for serving files.
struct HandOverFlags: ParsableArguments {
  @Option(
    name: .customLong("private"),
    help: ArgumentHelp(
      "Serve the files below it: a URL path reachable only through internal redirects.",
      valueName: "/path/"))
  var privatePrefix: String?

  @Option(
    name: .customLong("public"),
    help: ArgumentHelp("The prefix of the requested path; --private replaces it.", valueName: "/path/")
  )
  var publicPrefix = "/"

  @Option(
    name: .customLong("path"),
    help: ArgumentHelp(
      "The variable with the requested path: PATH_INFO, or REDIRECT_URL after an Apache RewriteRule.",
      valueName: "variable"))
  var variable = HandOver.PathVariable.pathInfo

  @Flag(
    name: .customLong("x-sendfile"),
    help: "Serve files by X-Sendfile: --private is a directory on disk, which may be outside the site.")
  var sendsFile = false

  func validate() throws {
    guard privatePrefix != nil || publicPrefix == "/" && !sendsFile else {
      throw ValidationError("--public and --x-sendfile require --private")
    }
    do {
      _ = try handOver()
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// nil if no files are to be served.
  func handOver() throws(HandOver.Invalid) -> HandOver? {
    guard let privatePrefix else { return nil }
    return try HandOver(
      from: variable, publicPrefix: publicPrefix, privatePrefix: privatePrefix,
      kind: sendsFile ? .sendfile : .location)
  }
}

extension HandOver.PathVariable: ExpressibleByArgument {}
