import BearerAuth
import FastCGI
import Logging
import Synchronization

/// Logs denials, one line each, limited to a few lines a second for each reason: a flood of denied requests
/// must not fill a disk. Shared by all loops; used for denials and errors only.
final class DenialLog: Sendable {
  private let logger: Logger
  private let limits = Mutex<[String: RateLimit]>([:])
  private let authorization = AuthorizationWatch.Shared()

  init(logger: Logger) { self.logger = logger }

  /// A request was denied. The log names the token's application and key; the secret is no longer known here.
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

  /// The gate rejected a request and closed its connection.
  func record(_ rejection: Rejection, at now: Instant) {
    guard admits(rejection.rawValue, at: now) else { return }
    logger.warning(
      "connection closed: not exactly one complete FastCGI request",
      metadata: ["reason": "\(rejection.rawValue)"])
  }

  /// A connection was closed because its peer is not in --allow-peer.
  func record(_ peer: PeerAddress, at now: Instant) {
    guard admits("peer-not-allowed", at: now) else { return }
    let address = IPAddress(peer).map(\.description) ?? "unknown"
    logger.warning(
      "connection closed: peer not in --allow-peer",
      metadata: ["reason": "peer-not-allowed", "client": "\(address)"])
  }

  /// A request was answered with 500.
  func recordFailure(_ message: String, parameters: borrowing Parameters, at now: Instant) {
    guard admits(message, at: now) else { return }
    logger.error("\(message)", metadata: DenialLog.context(of: parameters))
  }

  /// One per loop.
  func makeAuthorizationWatch(acceptsRedirected: Bool) -> AuthorizationWatch {
    AuthorizationWatch(acceptsRedirected: acceptsRedirected, shared: authorization, logger: logger)
  }

  /// Logs how many lines were suppressed for each reason in a past second.
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

/// Allows a few lines a second and counts the rest.
struct RateLimit {
  /// The number of lines allowed in a second.
  static let linesPerSecond = 10

  private var second = Instant.distantPast
  private var count = 0

  /// The number of suppressed lines since the last `takeSuppressed`.
  private(set) var suppressed = 0

  /// Whether one more line may be written at `now`; counts it as suppressed if not.
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

  /// The number of suppressed lines of a past second.
  mutating func takeSuppressed(at now: Instant) -> Int {
    guard suppressed > 0, now != second else { return 0 }
    defer { suppressed = 0 }
    return suppressed
  }
}

/// Detects a web server that does not pass the Authorization header, and logs once what to add to its
/// configuration.
///
/// It looks the same if no client has a token: only nginx sends an empty parameter then. The message therefore
/// says what to check. One per loop; once the parameter was seen or the message logged, a request costs one
/// test of a flag.
struct AuthorizationWatch {
  /// Shared by all loops.
  final class Shared: Sendable {
    private let isSettled = Atomic<Bool>(false)
    private let missing = Atomic<Int>(0)

    /// Settles it; true if it was not settled before.
    func settle() -> Bool { !isSettled.exchange(true, ordering: .relaxed) }

    /// Counts this check as one without the parameter, and returns the count.
    func countMissing() -> Int { missing.add(1, ordering: .relaxed).newValue }
  }

  /// After this many checks without the parameter the message is logged.
  static let checksBeforeWarning = 50

  private let acceptsRedirected: Bool
  private let shared: Shared
  private let logger: Logger
  private var isOver = false

  /// - Parameter acceptsRedirected: whether REDIRECT_HTTP_AUTHORIZATION is used.
  init(acceptsRedirected: Bool, shared: Shared, logger: Logger) {
    self.acceptsRedirected = acceptsRedirected
    self.shared = shared
    self.logger = logger
  }

  /// Observes a check. Allocates nothing unless it logs.
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
      tell(AuthorizationWatch.advice(for: parameters))
    }
  }

  private func tell(_ message: String?) {
    guard let message, shared.settle() else { return }
    logger.warning("\(message)")
  }

  private static let redirected =
    "the web server sends REDIRECT_HTTP_AUTHORIZATION but no HTTP_AUTHORIZATION; start bearerd with "
    + "--accept-redirected-authorization, or add CGIPassAuth On to Apache's configuration"

  /// The message with the fix for this web server; nil if it needs none.
  private static func advice(for parameters: borrowing Parameters) -> String? {
    let server = parameters.value(of: .serverSoftware) { LogText.value($0) } ?? ""
    let known = fixes.first { server.hasPrefix($0.server) }
    guard let fix = known?.fix ?? (known == nil ? nginx : nil) else { return nil }
    return
      "none of the first \(checksBeforeWarning) checks had an Authorization header; if clients do send one, "
      + "the web server does not pass it on: \(fix)"
  }

  /// SERVER_SOFTWARE and the fix; lighttpd and Caddy pass every header.
  private static let fixes: [(server: String, fix: String?)] = [
    ("Apache", "add `CGIPassAuth On` to the Location that is checked by bearerd"),
    ("HAProxy", "add `pass-header authorization` to the fcgi-app"),
    ("lighttpd", nil),
    ("Caddy", nil),
    ("nginx", nginx),
  ]

  /// nginx with the shipped snippet sends no SERVER_SOFTWARE, and always sends the header.
  private static let nginx = "add `fastcgi_param HTTP_AUTHORIZATION $http_authorization;` for nginx"
}
