import Foundation
import Testing

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

@Suite("An operator's question")
struct EndpointTests {
  private let secret = HeaderFormTests.secret

  @Test(
    "is answered by its name alone",
    arguments: [
      ("health", 200), ("alive", 200), ("metrics", 200), ("tokens", 200), ("status", 200),
      ("status/app", 200), ("status/none", 200),
    ])
  func known(name: String, status: Int) throws {
    let service = try TestService(tokens: tokens(line("app", secret)))
    let answer = try service.answer([("BEARERD_ENDPOINT", name)])
    #expect(answer.status == status && answer.isEnded)
    #expect(answer.header("Cache-Control") == "no-store")
  }

  @Test(
    "that does not exist is an error",
    arguments: [
      "nonsense", "Health", "health ", "health/", "metrics/app", "status/", "status/A", "status/a/b", "/",
      "\u{e9}",
    ])
  func unknown(name: String) throws {
    let service = try TestService(tokens: tokens(line("app", secret)))
    #expect(try service.answer([("BEARERD_ENDPOINT", name)]).status == 500)
  }

  @Test(
    "allows nothing: neither with an Authorization header, even an empty one, nor for an Authorizer",
    arguments: ["health", "alive", "metrics", "tokens", "status"])
  func astray(name: String) throws {
    let service = try TestService(tokens: tokens(line("app", secret)))
    let endpoint = ("BEARERD_ENDPOINT", name)
    for value in ["", "Bearer \(secret)", "Bearer wrong"] {
      #expect(try service.answer([("HTTP_AUTHORIZATION", value), endpoint]).status == 500)
      #expect(try service.answer([endpoint, ("HTTP_AUTHORIZATION", value)], role: .authorizer).status == 500)
    }
    #expect(try service.answer([endpoint], role: .authorizer).status == 500)
  }

  @Test("cannot be asked by a client, whose headers all begin with HTTP_")
  func client() throws {
    let service = try TestService(tokens: [])
    for name in ["HTTP_BEARERD_ENDPOINT", "bearerd_endpoint", "BEARERD_ENDPOINT_"] {
      #expect(try service.answer([(name, "metrics")]).status == 401)
    }
    #expect(try service.answer([("BEARERD_ENDPOINT", "")]).status == 401)
  }

  @Test("about the health of a daemon that stops is answered 503, and why")
  func stopping() throws {
    let service = try TestService(tokens: [])
    #expect(try service.answer([("BEARERD_ENDPOINT", "health")]).body == "ready\n")
    service.metrics.stop()
    let answer = try service.answer([("BEARERD_ENDPOINT", "health")])
    #expect(answer.status == 503 && answer.body == "not ready: stopping\n")
  }

  @Test("about the health of a daemon whose loop hangs is answered 503 by another one, and which it is")
  func hangs() throws {
    let service = try TestService(tokens: [])
    service.metrics.watch(
      service.server, LoopWatch(service.server, at: SystemClock.monotonicMilliseconds() - 20_000), on: [])
    let answer = try service.answer([("BEARERD_ENDPOINT", "health")])
    #expect(answer.status == 503)
    #expect(
      answer.body.wholeMatch(of: /not ready: event loop 0 is stuck \(2\d s without progress\)\n/) != nil,
      "\(answer.body)"
    )
  }

  @Test("is a long answer where one application has many keys, and tells all of them")
  func manyKeys() throws {
    let tokens = try (0..<2000).map { index in
      Token(digest: try digest(index), application: index < 1500 ? "app" : "other", key: "k\(index)")
    }
    let service = try TestService(tokens: tokens)
    func keys(_ question: String) throws -> [[String: Any]] {
      let body = try service.answer([("BEARERD_ENDPOINT", question)]).body
      let report = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
      return try #require(report["keys"] as? [[String: Any]])
    }
    #expect(try keys("status/app").count == 1500)
    #expect(try keys("status/other").allSatisfy { $0["application"] as? String == "other" })
    #expect(try keys("status/none").isEmpty)
    #expect(try keys("status").count <= 1000)
  }
}
