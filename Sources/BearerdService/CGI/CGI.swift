import BearerAuth
import FastCGI
import Glibc
import Logging

/// `bearerd cgi`: one request, from the environment (RFC 3875) to the answer, by the same decision as the daemon's.
package struct CGI {
  /// Where the tokens are.
  package var source: TokenSource
  /// What the answers are.
  package var answers: AnswerOptions
  /// The door, where the web server names none.
  package var scope: String?
  /// Where those who may are sent; nil: they are only told so.
  package var handOver: HandOver?

  /// Nothing is read before `answer`.
  package init(source: TokenSource, answers: AnswerOptions, scope: String? = nil, handOver: HandOver? = nil) {
    self.source = source
    self.answers = answers
    self.scope = scope
    self.handOver = handOver
  }

  /// What a web server is told.
  package struct Outcome {
    /// Header block, empty line, body.
    package var response: [UInt8]
    /// 0 for an allowance, 1 for a denial, else the code of sysexits.h for what went wrong.
    package var code: Int32

    /// The answer to a request that an error of the configuration denies: a complete 500.
    package static func failure(code: Int32) -> Outcome {
      let text =
        "Status: 500 Internal Server Error\r\nCache-Control: no-store\r\nContent-Type: text/plain\r\n"
        + "Content-Length: 6\r\n\r\nError\n"
      return Outcome(response: Array(text.utf8), code: code)
    }
  }

  /// The answer to the request that `environment` holds. Whatever goes wrong, it is a complete 500.
  package func answer(_ environment: CGIEnvironment, at now: Instant, logger: Logger) -> Outcome {
    do {
      let parameters = try parameters(from: environment)
      let loaded = try source.load()
      guard loaded.isUsable else { throw TokenSourceError.unusable(loaded.issues) }
      for issue in loaded.issues { logger.warning("\(issue)") }
      if environment.publishes(source.path) {
        logger.warning("\(source.path) lies where the web server's files are; put it beside DOCUMENT_ROOT")
      }
      let journal = DenialLog(logger: logger)
      // Counted for nobody: the process ends with this answer.
      let metrics = Metrics(
        store: PolicyStore(Policy(loaded.tokens)), reloads: ReloadRecord(path: source.path), started: now)
      let responder = try AccessResponder(options: answers, metrics: metrics, journal: journal) { now }
      // An operator's 200 would be taken for an allowance here.
      responder.answersOperators = false
      let written = Response()
      responder.respond(to: parameters, role: .responder, in: written)
      let response = ResponseMessage(output: written.bytes)
      guard response.status == 200 else {
        return Outcome(
          response: response.output, code: response.status == 500 ? EX_CONFIG : EXIT_FAILURE)
      }
      guard let handOver else { return Outcome(response: response.output, code: EXIT_SUCCESS) }
      return handOver.outcome(of: response, environment) {
        journal.recordFailure($0, parameters: parameters, at: now)
      }
    } catch {
      for line in "\(error)".split(separator: "\n") { logger.error("\(line)") }
      let response = Response()
      Answer(options: answers).fail(in: response)
      return Outcome(response: response.bytes, code: (error as? TokenSourceError)?.exitCode ?? EX_CONFIG)
    }
  }

  /// The parameters that the daemon would be sent. Two values for one are no value: RFC 3875 knows no such thing, and
  /// whoever takes the first, or the last, may take a client's.
  private func parameters(from environment: CGIEnvironment) throws(CGIFailure) -> Parameters {
    var parameters = Parameters(names: AuthParameter.names)
    for parameter in AuthParameter.allCases {
      let values = environment.values(of: "\(parameter.name)")
      guard values.count < 2 else {
        throw CGIFailure("\(parameter.name) comes twice; nobody can say which counts")
      }
      guard ![.scope, .token, .accept].contains(parameter), let value = values.first else { continue }
      parameters.keep(parameter, value)
    }
    guard !parameters.has(.endpoint) else {
      throw CGIFailure(
        "BEARERD_ENDPOINT asks for a daemon's own figures; leave it out, a CGI program has none")
    }
    let door = scope.map { Array($0.utf8)[...] }
    if let value = try environment.setting("BEARERD_SCOPE", or: "--scope", door) {
      parameters.keep(.scope, value)
    }
    if let token = try environment.setting("BEARERD_TOKEN") { parameters.keep(.token, token) }
    if let accept = try environment.setting("BEARERD_ACCEPT") { parameters.keep(.accept, accept) }
    return parameters
  }
}

extension CGIEnvironment {
  /// What the web server set, here or there but not in two ways; nil if it is missing or empty. Apache puts a prefix of
  /// its own before what a RewriteRule has set; no client can write it.
  fileprivate func setting(
    _ name: String, or option: String? = nil, _ value: ArraySlice<UInt8>? = nil
  ) throws(CGIFailure) -> ArraySlice<UInt8>? {
    let values = (values(of: name) + values(of: "REDIRECT_\(name)") + (value.map { [$0] } ?? []))
      .filter { !$0.isEmpty }
    guard values.allSatisfy({ $0 == values[0] }) else {
      let names = [option, name].compactMap { $0 }.joined(separator: ", ")
      throw CGIFailure("\(names) and REDIRECT_\(name) have different values; keep one of them")
    }
    return values.first
  }
}

extension Parameters {
  fileprivate mutating func keep(_ parameter: AuthParameter, _ value: ArraySlice<UInt8>) {
    parameter.name.withUTF8Buffer { keep($0.span, value.span) }
  }
}

/// The body of the request that a CGI program answers (RFC 3875 section 4.2), which decides nothing.
///
/// It must be read all the same: where a web server's end is a socket, as that of Apache's mod_cgid is, an end with
/// unread bytes in it resets the connection, and the answer is lost.
package enum RequestBody {
  /// How long a body is waited for, in milliseconds. Past it the caller is one that sends for ever.
  private static let timeout: UInt64 = 30_000

  /// Reads standard input to its end where `environment` says that there is a body, and keeps nothing of it.
  package static func discard(of environment: CGIEnvironment) {
    let length = environment.value(of: "CONTENT_LENGTH") ?? []
    guard
      !length.allSatisfy({ $0 == UInt8(ascii: "0") })
        || environment.value(of: "HTTP_TRANSFER_ENCODING") != nil
    else { return }
    let end = SystemClock.monotonicMilliseconds() + timeout
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let now = SystemClock.monotonicMilliseconds()
      guard now < end else { return }
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = poll(&input, 1, Int32(end - now))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0, read(STDIN_FILENO, &chunk, chunk.count) > 0 else { return }
    }
  }
}
