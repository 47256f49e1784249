import BearerAuth
import Glibc
import TestSupport
import Testing

@testable import ServiceManifest

@Suite("A hostile manifest")
struct ManyFindingsTests {
  static let shapes: [(name: String, text: @Sendable (Int) -> String)] = [
    ("repeated names", { "{\(list($0) { _ in "\"a\": 1" })}" }),
    ("distinct verification tokens", { tokens($0) { "\"a\($0)\": \"v\($0)x\"" } }),
    ("equal verification tokens", { tokens($0) { "\"a\($0)\": \"vx\"" } }),
    ("names that resemble another", { "{\"api\": {\(list($0) { "\"ur\($0 % 10)\": 1" }), \"url\": \"x\"}}" }),
    ("live tokens", { "[\(list($0) { _ in "\"b7b07e0a1c3ad5f29c84d6e1f05e3a92\"" })]" }),
    ("live verification tokens", { tokens($0) { "\"a\($0)\": \"b7b07e0a1c3ad5f29c84d6e1f05e3a92\"" } }),
    ("a long name", { "{\"\(String(repeating: "n", count: 20 * $0))\": 1}" }),
  ]

  private static func list(_ count: Int, _ item: (Int) -> String) -> String {
    (0..<count).map(item).joined(separator: ", ")
  }

  private static func tokens(_ count: Int, _ item: (Int) -> String) -> String {
    "{\"auth\": {\"type\": \"service_http\", \"verification_tokens\": {\(list(count, item))}}}"
  }

  @Test(
    "is read in time that grows with its length, and gives rise to some hundred findings at most",
    .slow, .bodyTimeLimit(minutes: 2), arguments: shapes.indices)
  func bounded(shape: Int) throws {
    let policy = try policy(("ci", "b7b07e0a1c3ad5f29c84d6e1f05e3a92"))
    func look(_ count: Int) throws -> (time: UInt64, findings: [Finding]) {
      let bytes = Array(ManyFindingsTests.shapes[shape].text(count).utf8)
      let start = processorTime()
      let check = ManifestCheck(of: bytes, name: "m")
      var findings = check.findings + OpenAPICheck(of: bytes, name: "m").findings
      findings += try PublishedSecrets(policy, at: Instant(seconds: 0)).findings(
        in: bytes, of: "m", verificationTokens: check.manifest?.verificationTokens ?? [])
      return (processorTime() - start, findings)
    }
    let small = try look(1000)
    let large = try look(16_000)
    // 16 times as long; what is quadratic takes 256 times as long.
    #expect(large.time < small.time * 64, "\(small.time) and \(large.time) ns")
    #expect(large.findings.count < 1300)
    #expect(small.findings.contains { $0.severity == .error })
    #expect(large.findings.contains { $0.severity == .error })
  }

  @Test("has the first findings of a kind told with their places, and how many more there are")
  func counted() {
    let bytes = Array("{\((0..<50).map { _ in "\"a\": 1" }.joined(separator: ",\n"))}".utf8)
    let findings = ManifestCheck(of: bytes, name: "m").findings.map(\.description)
    let repeated = findings.filter { $0.contains("duplicate name") }
    #expect(repeated.count == 10 && repeated.first?.hasPrefix("m:2:1: error: ") == true)
    #expect(repeated.last?.hasPrefix("m:11:1: ") == true)
    #expect(findings.last == "m: error: 39 more errors not shown; fix these first")
  }

  @Test("keeps an error behind any number of warnings")
  func errorsLast() {
    var findings = Findings(about: [], of: "m")
    for number in 0..<100_000 { findings.warning(at: 0, "warning \(number)") }
    findings.error(at: 0, "an error")
    #expect(findings.sorted.contains { $0.message == "an error" } && findings.sorted.count == 202)
  }
}

/// What this thread has used, in nanoseconds: other tests run at the same time.
private func processorTime() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
