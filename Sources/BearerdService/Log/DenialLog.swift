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
  func record(_ denial: Denial, token: Token?, parameters: borrowing Parameters, at now: Instant) {
    guard admits(denial.rawValue, at: now) else { return }
    var fields = DenialLog.context(of: parameters)
    fields["reason"] = "\(denial.rawValue)"
    if let token {
      fields["application"] = "\(token.application)"
      fields["key"] = token.key.map { "\($0)" }
    }
    logger.notice("denied", metadata: fields)
  }

  /// The gate closed a connection.
  func record(_ refusal: Refusal, at now: Instant) {
    guard admits(refusal.rawValue, at: now) else { return }
    logger.warning(
      "connection closed: not one whole FastCGI request", metadata: ["reason": "\(refusal.rawValue)"])
  }

  /// A connection was closed, since its peer is not among those allowed.
  func record(_ peer: PeerAddress, at now: Instant) {
    guard admits("foreign-peer", at: now) else { return }
    let address = IPAddress(peer).map(\.description) ?? "unknown"
    logger.warning(
      "connection closed: not a peer of --allow-peer",
      metadata: ["reason": "foreign-peer", "client": "\(address)"])
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
    fields["uri"] = parameters.value(of: .requestURI) { "\(LogText.path($0))" }
    return fields
  }
}
