import BearerAuth
import FastCGI
import Glibc
import Logging

/// `bearerd cgi`: answers one request, given in the environment (RFC 3875), by the same decision as the daemon.
package struct CGI {
  /// The path of the tokens.
  package var source: TokenSource
  /// The settings of the responses.
  package var answers: AnswerOptions
  /// The required scope, if the web server names none.
  package var scope: String?
  /// Where an allowed request is redirected; nil: it is answered with 200.
  package var handOver: HandOver?

  /// Reads nothing before `answer`.
  package init(source: TokenSource, answers: AnswerOptions, scope: String? = nil, handOver: HandOver? = nil) {
    self.source = source
    self.answers = answers
    self.scope = scope
    self.handOver = handOver
  }

  /// The response to the web server.
  package struct Outcome {
    /// Header block, empty line, body.
    package var response: [UInt8]
    /// 0 if allowed, 1 if denied, else the code of sysexits.h for the error.
    package var code: Int32

    /// The response if an error of the configuration denies the request: a complete 500.
    package static func failure(code: Int32) -> Outcome {
      let text =
        "Status: 500 Internal Server Error\r\nCache-Control: no-store\r\nContent-Type: text/plain\r\n"
        + "Content-Length: 6\r\n\r\nError\n"
      return Outcome(response: Array(text.utf8), code: code)
    }
  }

  /// The response to the request in `environment`. Every error results in a complete 500.
  package func answer(_ environment: CGIEnvironment, at now: Instant, logger: Logger) -> Outcome {
    do {
      let parameters = try parameters(from: environment)
      let loaded = try source.load()
      guard loaded.isUsable else { throw TokenSourceError.unusable(loaded.issues) }
      for issue in loaded.issues { logger.warning("\(issue)") }
      if environment.publishes(source.path) {
        logger.warning(
          "\(source.path) is inside DOCUMENT_ROOT, which the web server publishes; move it outside")
      }
      let journal = DenialLog(logger: logger)
      // These metrics are never reported: the process ends with this response.
      let metrics = Metrics(
        store: PolicyStore(Policy(loaded.tokens)), reloads: ReloadRecord(path: source.path), started: now)
      let responder = try AccessResponder(options: answers, metrics: metrics, journal: journal) { now }
      // Here, a 200 to an administrator's request would mean that the request is allowed.
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

  /// The parameters as the daemon would receive them. Two values for one variable are an error: RFC 3875 does
  /// not define that, and the first or the last could be a client's.
  private func parameters(from environment: CGIEnvironment) throws(CGIFailure) -> Parameters {
    var parameters = Parameters(names: AuthParameter.names)
    for parameter in AuthParameter.allCases {
      let values = environment.values(of: "\(parameter.name)")
      guard values.count < 2 else {
        throw CGIFailure("\(parameter.name) is set twice; remove one of them")
      }
      guard ![.scope, .token, .accept].contains(parameter), let value = values.first else { continue }
      parameters.keep(parameter, value)
    }
    guard !parameters.has(.endpoint) else {
      throw CGIFailure(
        "BEARERD_ENDPOINT works with the daemon only; remove it")
    }
    let option = scope.map { Array($0.utf8)[...] }
    if let value = try environment.setting("BEARERD_SCOPE", or: "--scope", option) {
      parameters.keep(.scope, value)
    }
    if let token = try environment.setting("BEARERD_TOKEN") { parameters.keep(.token, token) }
    if let accept = try environment.setting("BEARERD_ACCEPT") { parameters.keep(.accept, accept) }
    return parameters
  }
}

extension CGIEnvironment {
  /// The value of a setting of the web server; nil if it is missing or empty. All sources that set it must agree. Apache
  /// adds the prefix REDIRECT_ to a variable set by a RewriteRule; a client cannot set it.
  fileprivate func setting(
    _ name: String, or option: String? = nil, _ value: ArraySlice<UInt8>? = nil
  ) throws(CGIFailure) -> ArraySlice<UInt8>? {
    let values = (values(of: name) + values(of: "REDIRECT_\(name)") + (value.map { [$0] } ?? []))
      .filter { !$0.isEmpty }
    guard values.allSatisfy({ $0 == values[0] }) else {
      let names = [option, name].compactMap { $0 }.joined(separator: ", ")
      throw CGIFailure("\(names) and REDIRECT_\(name) differ; keep one of them")
    }
    return values.first
  }
}

extension Parameters {
  fileprivate mutating func keep(_ parameter: AuthParameter, _ value: ArraySlice<UInt8>) {
    parameter.name.withUTF8Buffer { keep($0.span, value.span) }
  }
}

/// The body of the request to a CGI program (RFC 3875 section 4.2), which does not affect the decision.
///
/// It must be read nevertheless: if the web server's end is a socket, as with Apache's mod_cgid, closing it
/// with unread bytes resets the connection, and the response is lost.
package enum RequestBody {
  /// The longest wait for the body, in milliseconds: a client may send forever.
  private static let timeout: UInt64 = 30_000

  /// Reads standard input to its end if `environment` says that there is a body, and discards it.
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
