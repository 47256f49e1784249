import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("A fault between a full parse and the last byte of the answer")
struct FaultTests {
  static let steps = ["parsed", "parameters", "decided", "put", "answer:1", "answer:40", "answer:100"]

  /// How long a filler the request has: one of the two is longer than what libfcgi reads from the peer itself.
  static let fillers = [0, 20_000]

  private func request(of service: Service, secret: String, filler: Int = 0, timeout: Int = 20_000) throws
    -> Client
  {
    let client = try Client(connectingTo: service.address, timeout: timeout)
    let good: [(name: String, value: [UInt8])] = [
      ("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8)), ("X", [UInt8](repeating: 0x78, count: filler)),
    ]
    try client.send(RequestMessage(keepsConnection: true, parameters: good).bytes)
    return client
  }

  private func broken(_ fault: String) throws -> (service: Service, secret: String) {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let service = try Service(scratch: scratch, launcher: ["env", "BEARERD_FAULT=\(fault)"])
    try service.waits(for: "ready on")
    return (service, secret)
  }

  /// How often the fault was met.
  private func strikes(_ fault: String, in log: String) -> Int {
    log.components(separatedBy: "BEARERD_FAULT strikes: \(fault)\n").count - 1
  }

  @Test("closes the connection without END_REQUEST, and the daemon lives", arguments: steps, fillers)
  func fails(step: String, filler: Int) throws {
    let (service, secret) = try broken("\(step)=fail")
    for _ in 0..<3 {
      let client = try request(of: service, secret: secret, filler: filler)
      #expect(throws: Client.Failure.closed) { try client.readResponse() }
    }
    let outcome = try service.end()
    #expect(outcome.code == 0)
    #expect(strikes("\(step)=fail", in: outcome.errors) == 3)
  }

  @Test("is looked for in libfcgi at the start: one that does not work as expected is not used")
  func unusableLibrary() throws {
    let scratch = try Scratch()
    try scratch.write("")
    let service = try Service(scratch: scratch, launcher: ["env", "BEARERD_FAULT=tested=fail"])
    let outcome = try service.wait()
    #expect(outcome.code == 69)
    #expect(
      outcome.errors.contains("cannot use libfcgi: it does not handle a request as bearerd expects; install"))
  }

  @Test("that ends the process leaves no END_REQUEST either", arguments: steps, fillers)
  func dies(step: String, filler: Int) throws {
    let (service, secret) = try broken("\(step)=die")
    let client = try request(of: service, secret: secret, filler: filler)
    #expect(throws: Client.Failure.closed) { try client.readResponse() }
    let outcome = try service.wait()
    #expect(outcome.code == 128 + SIGKILL)
    #expect(strikes("\(step)=die", in: outcome.errors) == 1)
  }

  @Test("that hangs says nothing, and nor does a kill -9 then", arguments: steps, fillers)
  func hangs(step: String, filler: Int) throws {
    let (service, secret) = try broken("\(step)=hang")
    let client = try request(of: service, secret: secret, filler: filler, timeout: 1000)
    try service.waits(for: "BEARERD_FAULT strikes: \(step)=hang\n")
    #expect(throws: Client.Failure.timedOut) { try client.readResponse() }
    kill(service.running.pid, SIGKILL)
    #expect(throws: Client.Failure.closed) { try client.readResponse() }
  }

  @Test("is asked for in words that must be understood")
  func nonsense() throws {
    let scratch = try Scratch()
    try scratch.write("")
    let service = try Service(scratch: scratch, launcher: ["env", "BEARERD_FAULT=parsd=fail"])
    #expect(try service.wait().errors.contains("invalid BEARERD_FAULT"))
  }
}
