import FastCGI
import Logging
import Synchronization

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
  static let patience = 50

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
    if parameters.isSent(.authorization) || isRedirected && acceptsRedirected {
      isOver = true
      _ = shared.settle()
    } else if isRedirected {
      isOver = true
      tell(AuthorizationWatch.redirected)
    } else if shared.countMissing() >= AuthorizationWatch.patience {
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
      "none of the first \(patience) checks brought an Authorization header; if callers do send one, the web "
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
