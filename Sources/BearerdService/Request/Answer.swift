import BearerAuth
import FastCGI

/// Writes the CGI responses (RFC 3875 section 6) into a buffer that every request of a loop shares.
struct Answer {
  private let options: AnswerOptions
  private var bytes: [UInt8] = []

  init(options: AnswerOptions) {
    self.options = options
    bytes.reserveCapacity(2048)
  }

  /// 200, never 204: two fronts take nothing else for an allowance.
  mutating func allow(_ token: Token, role: Role, at now: Instant) -> [UInt8] {
    begin("Status: 200 OK\r\n")
    append("X-Bearerd-Application: ", token.application)
    if let key = token.key { append("X-Bearerd-Key: ", key) }
    if role == .authorizer {
      append("Variable-BEARERD_APPLICATION: ", token.application)
      if let key = token.key { append("Variable-BEARERD_KEY: ", key) }
    }
    // nginx reads headers in their order: behind Cache-Control this one would count for nothing.
    if options.cacheTTL > 0 { append("X-Accel-Expires: ", String(cacheSeconds(for: token, at: now))) }
    return end("Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
  }

  /// A preflight passes for nobody in particular.
  mutating func allowPreflight() -> [UInt8] {
    begin("Status: 200 OK\r\n")
    forbidCaching()
    return end("Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
  }

  /// 403 where the token is good but not for this door, else 401: RFC 6750 3.1 says 400 for malformed
  /// credentials, which nginx would turn into a 500.
  mutating func deny(_ denial: Denial, scope: Scope?) -> [UInt8] {
    let isForbidden = denial == .insufficientScope
    begin(isForbidden ? "Status: 403 Forbidden\r\n" : "Status: 401 Unauthorized\r\n")
    append("WWW-Authenticate: ", options.challenge.header(for: denial, scope: scope))
    forbidCaching()
    return end(
      isForbidden
        ? "Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nForbidden\n"
        : "Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nUnauthorized\n")
  }

  /// Something that is ours, or the web server's configuration's, to mend: nobody gets in.
  mutating func fail() -> [UInt8] {
    begin("Status: 500 Internal Server Error\r\n")
    forbidCaching()
    return end("Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nError\n")
  }

  private mutating func begin(_ status: StaticString) {
    bytes.removeAll(keepingCapacity: true)
    append(status)
  }

  private mutating func end(_ rest: StaticString) -> [UInt8] {
    append(rest)
    return bytes
  }

  private mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func append(_ name: StaticString, _ value: String) {
    append(name)
    bytes.append(contentsOf: value.utf8)
    append("\r\n")
  }

  private mutating func forbidCaching() {
    if options.cacheTTL > 0 { append("X-Accel-Expires: 0\r\n") }
  }

  /// nginx serves an entry through the whole of its last second, so the token must outlive that one too. The key
  /// of a cache need not hold the caller's address, so a token with `from=` is never kept.
  private func cacheSeconds(for token: Token, at now: Instant) -> Int {
    guard token.origins == nil else { return 0 }
    guard token.expires != .distantFuture else { return options.cacheTTL }
    return max(0, min(options.cacheTTL, Int(clamping: token.expires.seconds - now.seconds - 2)))
  }
}
