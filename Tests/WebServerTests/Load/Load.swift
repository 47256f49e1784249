import TestSupport
import Testing

/// ab(1) at work on a URL with a token, until it has sent all its requests.
final class Load {
  private let running: Running

  /// What ab counted.
  struct Tally: Equatable {
    var complete: Int
    /// Those that were cut short, timed out, had another length, or another status than 2xx.
    var failed: Int
  }

  init(requests: Int, to site: NginxSite, token: String) throws {
    running = try Bearerd.start([
      "ab", "-q", "-k", "-c", "16", "-n", "\(requests)", "-H", "Authorization: Bearer \(token)",
      "http://127.0.0.1:\(site.http.port)/private/page.html",
    ])
  }

  /// Whether requests are still to come.
  var isRunning: Bool { !running.outputSoFar.contains("Transfer rate") && running.errorsSoFar.isEmpty }

  func wait() throws -> Tally {
    let outcome = try running.wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
    let other = Load.number(after: "Non-2xx responses:", in: outcome.output) ?? 0
    return Tally(
      complete: try #require(Load.number(after: "Complete requests:", in: outcome.output)),
      failed: try #require(Load.number(after: "Failed requests:", in: outcome.output)) + other)
  }

  private static func number(after label: String, in text: String) -> Int? {
    let line = text.split(separator: "\n").first { $0.hasPrefix(label) }
    return line.flatMap { Int($0.dropFirst(label.count).filter(\.isNumber)) }
  }
}
