import BearerAuth
import FastCGI
import Logging
import Synchronization

/// One line a denial, and never more than a few a second for one reason: a flood of bad callers must not fill a
/// disk. Shared by all loops; only denials ever come here.
final class DenialLog: Sendable {
  private let logger: Logger
  private let limits = Mutex<[String: RateLimit]>([:])
  private let authorization = AuthorizationWatch.Shared()

  init(logger: Logger) { self.logger = logger }

  /// A caller was denied. The token's own names are told, its secret is not known here any more.
  /// - Parameter mayBeTold: false for a user name that is a token: some clients send it as that.
  func record(
    _ denial: Denial, token: Token?, parameters: borrowing Parameters, at now: Instant,
    mayBeTold: (Span<UInt8>) -> Bool
  ) {
    guard admits(denial.rawValue, at: now) else { return }
    var fields = DenialLog.context(of: parameters)
    fields["reason"] = "\(denial.rawValue)"
    if denial != .noCredentials, denial != .otherScheme, fields["scheme"] == nil {
      // Basic is another scheme unless the location accepts it.
      let isDirect = parameters.has(.authorization)
      let name = parameters.value(of: isDirect ? .authorization : .redirectedAuthorization) { header in
        BasicCredential.withUserName(of: header) { mayBeTold($0) ? LogText.userName($0) : "..." }
      }
      if let name = name ?? nil {
        fields["scheme"] = "basic"
        fields["user"] = "\(name)"
      }
    }
    if let token {
      fields["application"] = "\(token.application)"
      fields["key"] = token.key.map { "\($0)" }
    }
    logger.notice("denied", metadata: fields)
  }

  /// The gate closed a connection.
  func record(_ rejection: Rejection, at now: Instant) {
    guard admits(rejection.rawValue, at: now) else { return }
    logger.warning(
      "connection closed: not one whole FastCGI request", metadata: ["reason": "\(rejection.rawValue)"])
  }

  /// A connection was closed, since its peer is not among those allowed.
  func record(_ peer: PeerAddress, at now: Instant) {
    guard admits("peer-not-allowed", at: now) else { return }
    let address = IPAddress(peer).map(\.description) ?? "unknown"
    logger.warning(
      "connection closed: not a peer of --allow-peer",
      metadata: ["reason": "peer-not-allowed", "client": "\(address)"])
  }

  /// A request was answered 500.
  func recordFailure(_ message: String, parameters: borrowing Parameters, at now: Instant) {
    guard admits(message, at: now) else { return }
    logger.error("\(message)", metadata: DenialLog.context(of: parameters))
  }

  /// One for each loop.
  func makeAuthorizationWatch(acceptsRedirected: Bool) -> AuthorizationWatch {
    AuthorizationWatch(acceptsRedirected: acceptsRedirected, shared: authorization, logger: logger)
  }

  /// Tells how many lines each reason held back in a second that is over.
  func flush(at now: Instant) {
    let counts = limits.withLock { limits in
      limits.keys.sorted().compactMap { reason in
        let count = limits[reason]?.takeSuppressed(at: now) ?? 0
        return count > 0 ? (reason, count) : nil
      }
    }
    for (reason, count) in counts {
      logger.notice("suppressed \(count) more lines", metadata: ["reason": "\(reason)"])
    }
  }

  private func admits(_ reason: String, at now: Instant) -> Bool {
    limits.withLock { $0[reason, default: RateLimit()].admits(at: now) }
  }

  private static func context(of parameters: borrowing Parameters) -> Logger.Metadata {
    var fields: Logger.Metadata = [:]
    fields["client"] = parameters.value(of: .remoteAddress) { "\(LogText.value($0))" }
    fields["request"] = parameters.value(of: .requestID) { "\(LogText.value($0))" }
    fields["scope"] = parameters.value(of: .scope) { "\(LogText.value($0))" }
    if parameters.has(.token) { fields["scheme"] = "api-key" }
    fields["uri"] = parameters.value(of: .requestURI) { "\(LogText.path($0))" }
    return fields
  }
}

/// Lets a few lines a second through and counts the rest.
struct RateLimit {
  /// How many lines one second may have.
  static let linesPerSecond = 10

  private var second = Instant.distantPast
  private var count = 0

  /// How many were held back since `takeSuppressed` was last asked.
  private(set) var suppressed = 0

  /// Whether one more line may be written at `now`; it is counted as held back where not.
  mutating func admits(at now: Instant) -> Bool {
    if now != second {
      second = now
      count = 0
    }
    count += 1
    guard count > RateLimit.linesPerSecond else { return true }
    suppressed += 1
    return false
  }

  /// Reports a second that is over.
  mutating func takeSuppressed(at now: Instant) -> Int {
    guard suppressed > 0, now != second else { return 0 }
    defer { suppressed = 0 }
    return suppressed
  }
}

/// Notices a web server that keeps the Authorization header to itself, and says once what to add to its configuration.
///
/// Where nobody who asks has a token, the same is seen: no server but nginx sends the parameter empty then. So it is told
/// as a question. One per loop; once the parameter has come, or the question was put, it costs a look at a flag.
struct AuthorizationWatch {
  /// What all loops share.
  final class Shared: Sendable {
    private let isSettled = Atomic<Bool>(false)
    private let missing = Atomic<Int>(0)

    /// Whether nobody had settled it before.
    func settle() -> Bool { !isSettled.exchange(true, ordering: .relaxed) }

    /// How many checks came without the parameter, this one too.
    func countMissing() -> Int { missing.add(1, ordering: .relaxed).newValue }
  }

  /// How many checks without the parameter make it a question.
  static let checksBeforeWarning = 50

  private let acceptsRedirected: Bool
  private let shared: Shared
  private let logger: Logger
  private var isOver = false

  /// - Parameter acceptsRedirected: whether REDIRECT_HTTP_AUTHORIZATION counts.
  init(acceptsRedirected: Bool, shared: Shared, logger: Logger) {
    self.acceptsRedirected = acceptsRedirected
    self.shared = shared
    self.logger = logger
  }

  /// Takes note of a check. Allocates nothing while there is nothing to tell.
  mutating func observe(_ parameters: borrowing Parameters) {
    guard !isOver else { return }
    let isRedirected = parameters.has(.redirectedAuthorization)
    if parameters.isSent(.authorization) || parameters.has(.token) || isRedirected && acceptsRedirected {
      isOver = true
      _ = shared.settle()
    } else if isRedirected {
      isOver = true
      tell(AuthorizationWatch.redirected)
    } else if shared.countMissing() >= AuthorizationWatch.checksBeforeWarning {
      isOver = true
      tell(AuthorizationWatch.question(to: parameters))
    }
  }

  private func tell(_ message: String?) {
    guard let message, shared.settle() else { return }
    logger.warning("\(message)")
  }

  private static let redirected =
    "the web server sends REDIRECT_HTTP_AUTHORIZATION and no HTTP_AUTHORIZATION; start bearerd with "
    + "--accept-redirected-authorization, or write CGIPassAuth On in Apache's configuration"

  /// What is missing, by the server's own name; nil for one that needs nothing.
  private static func question(to parameters: borrowing Parameters) -> String? {
    let server = parameters.value(of: .serverSoftware) { LogText.value($0) } ?? ""
    let known = fixes.first { server.hasPrefix($0.server) }
    guard let fix = known?.fix ?? (known == nil ? nginx : nil) else { return nil }
    return
      "none of the first \(checksBeforeWarning) checks brought an Authorization header; if callers do send one, the web "
      + "server keeps it to itself: \(fix)"
  }

  /// What servers call themselves, and what they lack then; lighttpd and Caddy pass every header.
  private static let fixes: [(server: String, fix: String?)] = [
    ("Apache", "add `CGIPassAuth On` to the Location that asks bearerd"),
    ("HAProxy", "add `pass-header authorization` to the fcgi-app"),
    ("lighttpd", nil),
    ("Caddy", nil),
    ("nginx", nginx),
  ]

  /// Its snippet sends no name, and the header always.
  private static let nginx = "add `fastcgi_param HTTP_AUTHORIZATION $http_authorization;` for nginx"
}
