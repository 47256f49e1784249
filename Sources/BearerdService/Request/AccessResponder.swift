import BearerAuth
import FastCGI

/// Answers a request: parameters, access request, decision, response. One per event loop.
final class AccessResponder: Responder {
  private let options: AnswerOptions
  private let journal: DenialLog
  private let digests: DigestContext
  let metrics: Metrics
  /// Whether BEARERD_ENDPOINT is answered; the CGI program checks requests only.
  var answersOperators = true
  private let meter: CheckMeter
  let now: @Sendable () -> Instant
  private let reading: PolicyReading
  private let answer: Answer
  private var authorizationWatch: AuthorizationWatch

  init(
    options: AnswerOptions, metrics: Metrics, journal: DenialLog, now: @escaping @Sendable () -> Instant
  ) throws(CryptoUnavailable) {
    self.options = options
    self.metrics = metrics
    meter = metrics.makeMeter()
    self.journal = journal
    self.now = now
    digests = try DigestContext()
    reading = metrics.store.makeReading()
    answer = Answer(options: options)
    authorizationWatch = journal.makeAuthorizationWatch(
      acceptsRedirected: options.acceptsRedirectedAuthorization)
  }

  func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
    guard !parameters.has(.endpoint) else { return operate(parameters, role: role, in: response) }
    let start = SystemClock.monotonicNanoseconds()
    defer { meter.time(from: start) }
    if options.allowsPreflight, isPreflight(parameters) {
      meter.countPreflight()
      return answer.allowPreflight(role: role, in: response)
    }
    let scope = parameters.value(of: .scope) { RequiredScopes($0) } ?? .absent
    guard let schemes = parameters.value(of: .accept, { AcceptedSchemes($0) }) ?? .bearer else {
      return fail("invalid BEARERD_ACCEPT; set it to bearer or bearer basic", parameters, in: response)
    }
    authorizationWatch.observe(parameters)
    let credential = credential(in: parameters, accepting: schemes)
    guard credential != .unhashed else { return fail("libcrypto cannot hash", parameters, in: response) }
    let address = parameters.value(of: .remoteAddress) { IPAddress(parsing: $0) } ?? nil
    let request = AccessRequest(credential: credential, scope: scope, address: address)
    let now = now()
    reading.refresh()
    // The reading keeps the snapshot until the next refresh.
    unowned(unsafe) let snapshot = reading.snapshot
    let decision = snapshot.policy.decide(request, at: now)
    meter.count(decision, of: request, in: snapshot, at: now)
    switch decision {
    case .allow(let index):
      answer.allow(
        index, of: snapshot.policy, role: role,
        mayBeKept: mayBeKept(index, of: snapshot.policy, parameters), at: now, in: response)
    case .deny(let denial, let index):
      let token = index.map { snapshot.policy.tokens[$0] }
      journal.record(denial, token: token, parameters: parameters, at: now) { name in
        digests.digest(of: name).map { snapshot.policy.index(matching: $0) == nil } ?? false
      }
      answer.deny(denial, scope: scope, accepting: schemes, in: response)
    }
  }

  /// Releases tokens of an earlier load, also if no request arrives.
  func didWake() { reading.refresh() }

  func refused(_ rejection: Rejection) {
    meter.count(rejection)
    journal.record(rejection, at: now())
  }

  func refused(_ peer: PeerAddress) { journal.record(peer, at: now()) }

  /// Hashes the secret at once: nothing after this sees it.
  ///
  /// BEARERD_TOKEN has priority over Authorization. A request with two different tokens is malformed: the backend might
  /// use the other one.
  private func credential(
    in parameters: borrowing Parameters, accepting schemes: AcceptedSchemes
  ) -> Credential {
    let authorization = authorization(in: parameters, accepting: schemes)
    guard parameters.has(.token) else { return authorization }
    let token = parameters.value(of: .token) { Credential(token: $0, with: digests) } ?? .absent
    return authorization == .absent || authorization == token ? token : .malformed
  }

  private func authorization(
    in parameters: borrowing Parameters, accepting schemes: AcceptedSchemes
  ) -> Credential {
    let isRedirected = options.acceptsRedirectedAuthorization && !parameters.has(.authorization)
    return parameters.value(of: isRedirected ? .redirectedAuthorization : .authorization) {
      Credential(parsing: $0, accepting: schemes, with: digests)
    } ?? .absent
  }

  /// Whether a web server's cache has at most one entry for this token, address and scope, which no other token finds: its
  /// key contains the client's Authorization header, which a client could spell in endless ways, with more spaces, `bearer`
  /// or the user names of Basic; and BEARERD_TOKEN only if BEARERD_CACHE_KEY says so.
  private func mayBeKept(_ index: Int, of policy: Policy, _ parameters: borrowing Parameters) -> Bool {
    guard options.cacheTTL > 0 else { return false }
    let isUsualSpelling =
      parameters.value(of: .authorization) {
        $0.count > 7 && $0.hasPrefix("Bearer ") && $0[7] != UInt8(ascii: " ")
      } ?? false
    let isTokenInKey = parameters.value(of: .cacheKey) { $0.elementsEqual("address token") } ?? false
    let isAddressInKey =
      isTokenInKey || parameters.value(of: .cacheKey) { $0.elementsEqual("address") } ?? false
    let isFound =
      parameters.has(.token)
      ? isTokenInKey && (isUsualSpelling || !parameters.has(.authorization)) : isUsualSpelling
    return isFound && (isAddressInKey || policy.tokens[index].origins == nil)
  }

  /// Fetch, CORS preflight: OPTIONS with Origin and Access-Control-Request-Method. Only the web server's
  /// REQUEST_METHOD counts: a client may claim any method in a header.
  private func isPreflight(_ parameters: borrowing Parameters) -> Bool {
    let isOptions = parameters.value(of: .requestMethod) { $0.elementsEqual("OPTIONS") } ?? false
    return isOptions && parameters.has(.origin) && parameters.has(.accessControlRequestMethod)
  }

  func fail(_ message: String, _ parameters: borrowing Parameters, in response: Response) {
    meter.countFailure()
    journal.recordFailure(message, parameters: parameters, at: now())
    answer.fail(in: response)
  }
}

/// The parameters that decide, and those that only describe a denied request in the log.
///
/// A client can set `HTTP_*` only; the web server sets `BEARERD_*`.
enum AuthParameter: Int, CaseIterable {
  case authorization
  case redirectedAuthorization
  case token
  case requestMethod
  case remoteAddress
  case scope
  case accept
  case endpoint
  case cacheKey
  case requestID
  case requestURI
  case origin
  case accessControlRequestMethod
  case serverSoftware

  var name: StaticString {
    switch self {
    case .authorization: "HTTP_AUTHORIZATION"
    case .redirectedAuthorization: "REDIRECT_HTTP_AUTHORIZATION"
    case .token: "BEARERD_TOKEN"
    case .requestMethod: "REQUEST_METHOD"
    case .remoteAddress: "REMOTE_ADDR"
    case .scope: "BEARERD_SCOPE"
    case .accept: "BEARERD_ACCEPT"
    case .endpoint: "BEARERD_ENDPOINT"
    case .cacheKey: "BEARERD_CACHE_KEY"
    case .requestID: "REQUEST_ID"
    case .requestURI: "REQUEST_URI"
    case .origin: "HTTP_ORIGIN"
    case .accessControlRequestMethod: "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
    case .serverSoftware: "SERVER_SOFTWARE"
    }
  }

  /// All of them, for the engine.
  static let names = ParameterNames(allCases.map(\.name))
}

extension Parameters {
  @inline(__always)
  func value<Result>(of parameter: AuthParameter, _ body: (Span<UInt8>) -> Result) -> Result? {
    withValue(at: parameter.rawValue, body)
  }

  func has(_ parameter: AuthParameter) -> Bool { hasValue(at: parameter.rawValue) }

  /// Whether it was sent, even if empty.
  func isSent(_ parameter: AuthParameter) -> Bool { value(of: parameter) { _ in true } ?? false }
}
