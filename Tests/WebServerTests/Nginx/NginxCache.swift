import Foundation
import TestSupport
import Testing

/// A site of nginx some of whose locations cache allowed responses, as bearerd-cache.conf has it. Clients can
/// say where they come from, as behind a trusted proxy, and preflights pass.
enum NginxCache {
  /// A location without a scope, and two with one. `/private/` and `/api/` keep nothing.
  static let kept = ["/kept/", "/kept/read/", "/kept/write/"]

  /// Longer than any test.
  static let long = 3600

  /// - Parameters:
  ///   - ttl: how long an entry lives, in seconds; 0: nothing is kept.
  ///   - server: what else the server says.
  ///   - http: what else the level above it says.
  static func site(
    ttl: Int = long, server: String = "", http: String = "include snippets/bearerd-cache.conf;"
  ) throws -> NginxSite {
    let locations = kept.map { path in
      """
      location \(path) {
        set $bearerd_cache bearerd;
        \(path == "/kept/" ? "" : "set $bearerd_scope \(path.split(separator: "/")[1]);")
        include snippets/bearerd-guard.conf;
        include snippets/bearerd-proxy.conf;
        proxy_pass http://BACKEND;
      }

      """
    }
    return try NginxSite(
      "--cache-ttl", "\(ttl)", "--allow-preflight",
      configuration: NginxConfiguration(
        server: """
          set_real_ip_from 127.0.0.1;
          real_ip_header X-Test-Address;
          include snippets/bearerd-metrics.conf;
          \(locations.joined())
          \(server)
          """, otherServers: http))
  }
}

extension NginxSite {
  /// How many checks the daemon has made.
  func checks() throws -> Int {
    let counts = try http.get("/metrics").body.split(separator: "\n")
      .filter { $0.hasPrefix("bearerd_checks_total{") }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
    try #require(!counts.isEmpty)
    return counts.reduce(0, +)
  }

  /// What bearerd-cache.conf says to end all entries, within a second.
  func forget() throws {
    let removed = try Bearerd.start(["sh", "-c", "rm -f \(directory.path)/kept/*"]).wait()
    try #require(removed.code == 0)
  }

  /// The response to a client at an address.
  func status(_ path: String, token: String? = nil, from address: String = "127.0.0.1") throws -> Int {
    try http.get(path, token: token, "X-Test-Address: \(address)").status
  }
}
