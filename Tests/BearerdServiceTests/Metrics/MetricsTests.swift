import Foundation
import Testing

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

@Suite("The figures")
struct MetricsTests {
  private let secret = HeaderFormTests.secret
  private var authorization: (String, String) { ("HTTP_AUTHORIZATION", "Bearer \(secret)") }

  private func lines(of service: TestService) throws -> [String] {
    let answer = try service.answer([("BEARERD_ENDPOINT", "metrics")])
    #expect(answer.status == 200 && answer.isEnded)
    #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    #expect(answer.header("Content-Length") == "\(answer.body.utf8.count)")
    return answer.body.split(separator: "\n").map(String.init)
  }

  @Test("count checks by result, reason and application")
  func checks() throws {
    let service = try TestService(tokens: tokens(line("app", secret, "id=k1 scopes=read from=192.0.2.0/24")))
    let from = ("REMOTE_ADDR", "192.0.2.7"), scope = ("BEARERD_SCOPE", "read")
    for _ in 0..<3 { #expect(try service.answer([authorization, from, scope]).status == 200) }
    #expect(try service.answer([authorization, from]).status == 403)
    for _ in 0..<2 { #expect(try service.answer([authorization, scope]).status == 401) }
    #expect(try service.answer([]).status == 401)
    #expect(try service.answer([("HTTP_AUTHORIZATION", "Basic x")]).status == 401)
    #expect(try service.answer([authorization, ("BEARERD_ACCEPT", "nonsense")]).status == 500)
    let lines = try lines(of: service)
    for expected in [
      #"bearerd_checks_total{result="allowed",application="app"} 3"#,
      #"bearerd_checks_total{result="denied",reason="insufficient-scope",application="app"} 1"#,
      #"bearerd_checks_total{result="denied",reason="wrong-address",application="app"} 2"#,
      #"bearerd_checks_total{result="denied",reason="no-credentials"} 1"#,
      #"bearerd_checks_total{result="denied",reason="other-scheme"} 1"#,
      #"bearerd_checks_total{result="denied",reason="unknown-token"} 0"#,
      #"bearerd_checks_total{result="failed"} 1"#, "bearerd_decision_duration_seconds_count 9",
      #"bearerd_decision_duration_seconds_bucket{le="+Inf"} 9"#, #"bearerd_tokens{application="app"} 1"#,
      #"bearerd_token_expiry_timestamp_seconds{application="app",key="k1"} +Inf"#,
      #"bearerd_token_last_used_timestamp_seconds{application="app",key="k1"} 1800000000"#,
      #"bearerd_connections_accepted_total 10"#, "bearerd_keys_omitted 0", "bearerd_last_reload_successful 1",
    ] {
      #expect(lines.contains(expected), "\(expected)\n\(lines.joined(separator: "\n"))")
    }
  }

  @Test("count preflights as allowed, for no application")
  func preflight() throws {
    let options = AnswerOptions(challenge: try Challenge(realm: "test"), allowsPreflight: true)
    let service = try TestService(tokens: [], options: options)
    let preflight = [
      ("REQUEST_METHOD", "OPTIONS"), ("HTTP_ORIGIN", "https://example.org"),
      ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "POST"),
    ]
    #expect(try service.answer(preflight).status == 200)
    #expect(try lines(of: service).contains(#"bearerd_checks_total{result="allowed"} 1"#))
  }

  @Test("count what the gate refuses")
  func rejections() throws {
    let service = try TestService(tokens: [])
    let twice = [authorization, authorization]
    #expect(throws: Client.Failure.closed) { try service.answer(twice) }
    #expect(
      try lines(of: service).contains(#"bearerd_connections_rejected_total{reason="duplicate-parameter"} 1"#))
  }

  @Test("tell of ten thousand tokens in bounds, name no series twice, and add up")
  func many() throws {
    let tokens = try (0..<10_000).map { index in
      Token(
        digest: try digest(index), application: "app\(index % 1500)",
        key: index % 2 == 0 ? nil : "k\(index)",
        expires: index % 2 == 0 ? Instant(seconds: 2_000_000_000) : .distantFuture, line: index + 1)
    }
    let service = try TestService(tokens: tokens)
    service.metrics.tick(at: service.now.instant)
    let lines = try lines(of: service)
    let series = lines.filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: " ").dropLast().joined(separator: " ")
    }
    #expect(Set(series).count == series.count)
    #expect(lines.contains("bearerd_keys_omitted 9500"))
    #expect(series.count { $0.hasPrefix("bearerd_token_expiry_timestamp_seconds") } == 500)
    #expect(!lines.contains { $0.hasSuffix(" +Inf") })
    let counts = lines.filter { $0.hasPrefix("bearerd_tokens{") }.compactMap {
      Int($0.split(separator: " ").last ?? "")
    }
    #expect(counts.count == 1001 && counts.reduce(0, +) == 10_000)
    #expect(lines.contains { $0.hasPrefix(#"bearerd_tokens{application="_other"}"#) })
    #expect(lines.joined(separator: "\n").utf8.count < 300_000)
  }

  @Test("write a label's value so that it can be read back, whatever is in it")
  func escapes() {
    var text = Exposition()
    text.family("x", .gauge, "Help.")
    text.sample(1, ["file": "a\"b\\c\nd", "empty": ""])
    #expect(
      String(decoding: text.bytes, as: UTF8.self)
        == "# HELP x Help.\n# TYPE x gauge\nx{file=\"a\\\"b\\\\c\\nd\"} 1\n")
  }

  @Test(
    "sort decisions by their length",
    arguments: [
      (0, 0), (1000, 0), (1001, 1), (2000, 1), (100_000_000, 11), (100_000_001, 12), (UInt64.max, 12),
    ])
  func times(nanoseconds: UInt64, index: Int) {
    #expect(DecisionTimes.index(of: nanoseconds) == index)
  }

  @Test("of the last minute and hour count only those since then, also after a time without readers")
  func history() {
    let history = DenialHistory()
    let second: UInt64 = 1000
    func growth(_ count: Int, at time: UInt64) -> [Int] {
      let (minute, hour) = history.growth(to: [count], at: time * second)
      return minute + hour
    }
    history.note([0], at: 0)
    #expect(growth(5, at: 10) == [5, 5])
    for time: UInt64 in 1...120 { history.note([Int(time)], at: time * second) }
    #expect(growth(120, at: 120) == [60, 120])
    for time: UInt64 in 121...7200 { history.note([Int(time)], at: time * second) }
    #expect(growth(7200, at: 7200) == [60, 3600])
    #expect(growth(7300, at: 7259) == [101, 3700])
    #expect(growth(7300, at: 20_000) == [100, 100])
  }
}
