import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("The figures of bearerd serve")
struct ServeMetricsTests {
  private func metrics(_ service: Service) throws -> String {
    let response = try Client(connectingTo: service.address).response(
      to: RequestMessage(parameters: [("BEARERD_ENDPOINT", Array("metrics".utf8))]))
    try #require(response.status == 200 && response.isEnded)
    return response.body
  }

  @Test(
    "pass Prometheus' own check, whatever the token file is called, before and after anything has happened")
  func promtool() throws {
    let scratch = try Scratch()
    let directory = "\(scratch.path)/we\"ird\\na me\n\u{e9}"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let secret = try Bearerd.run("token", "new", "app", "--expires", "10d", tokens: "\(directory)/a.tokens")
      .line
    try "b \(hash("1"))\nb \(hash("2")) expires=2099-01-01\nb \(hash("3")) expires=2099-01-01\n".write(
      toFile: "\(directory)/b.tokens", atomically: false, encoding: .utf8)
    let service = try Service(scratch: scratch, tokens: directory)
    try service.waits(for: "ready on")
    for round in 0..<2 {
      let text = try metrics(service)
      let check = try Bearerd.start(["promtool", "check", "metrics"], stdin: text).wait()
      #expect(
        check.code == 0 && check.output.isEmpty && check.errors.isEmpty,
        "\(check.errors)\(check.output)\n\(text)")
      #expect(text.contains("we\\\"ird\\\\na me\\n\u{e9}/a.tokens\"} "))
      #expect(text.contains("bearerd_reloads_total{result=\"ok\"} \(round)\n"))
      #expect(try service.status(secret) == 200)
      #expect(try service.status(nil) == 401)
      kill(service.running.pid, SIGHUP)
      try service.waits(for: "tokens reloaded", times: round + 1)
      _ = eventually { (try? metrics(service))?.contains("result=\"ok\"} \(round + 1)\n") == true }
    }
  }

  @Test("are those that the README of the example names, and no other")
  func documented() throws {
    let scratch = try Scratch()
    try scratch.write("# none yet\n")
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    let families = try metrics(service).matches(of: /TYPE (\w+) (?:gauge|counter|histogram)\n/).map {
      String($0.1)
    }
    let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "examples/prometheus/README.md")
    let rows = try String(contentsOf: readme, encoding: .utf8).split(separator: "\n").filter {
      $0.hasPrefix("| `bearerd_")
    }
    let named = rows.joined().matches(of: /`((?:bearerd|process)_\w+)`/).map { String($0.1) }
    #expect(named.sorted() == families.sorted())
  }

  @Test("never go down while the tokens change, also for an application that goes")
  func monotonic() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    for _ in 0..<5 { #expect(try service.status(secret) == 200) }
    let allowed = #"bearerd_checks_total{result="allowed",application="app"} 5"#
    #expect(try metrics(service).contains(allowed))
    _ = try Bearerd.run("token", "revoke", "app", tokens: scratch.tokens)
    try service.waits(for: "tokens reloaded")
    #expect(try service.status(secret) == 401)
    let after = try metrics(service)
    #expect(after.contains(allowed) && after.contains("bearerd_tokens 0\n"))
    #expect(after.contains(#"bearerd_checks_total{result="denied",reason="unknown-token"} 1"#))
  }
}
