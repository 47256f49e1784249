import FastCGI
import Foundation
import Testing

@Suite("A fault between a full parse and the last byte of the answer")
struct FaultTests {
  static let steps = ["parsed", "parameters", "decided", "put", "answer:1", "answer:40", "answer:100"]

  private func request(of service: Service, secret: String, timeout: Int = 20_000) throws -> Client {
    let client = try Client(connectingTo: service.address, timeout: timeout)
    let good = [(name: "HTTP_AUTHORIZATION", value: Array("Bearer \(secret)".utf8))]
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

  @Test("closes the connection without END_REQUEST, and the daemon lives", arguments: steps)
  func fails(step: String) throws {
    let (service, secret) = try broken("\(step)=fail")
    for _ in 0..<3 {
      let client = try request(of: service, secret: secret)
      #expect(throws: Client.Failure.closed) { try client.readResponse() }
    }
    #expect(try service.end().code == 0)
  }

  @Test("that ends the process leaves no END_REQUEST either", arguments: steps)
  func dies(step: String) throws {
    let (service, secret) = try broken("\(step)=die")
    let client = try request(of: service, secret: secret)
    #expect(throws: Client.Failure.closed) { try client.readResponse() }
    #expect(try service.wait().code == 128 + SIGKILL)
  }

  @Test("that hangs says nothing, and nor does a kill -9 then", arguments: steps)
  func hangs(step: String) throws {
    let (service, secret) = try broken("\(step)=hang")
    let client = try request(of: service, secret: secret, timeout: 1000)
    #expect(throws: Client.Failure.timedOut) { try client.readResponse() }
    kill(service.running.pid, SIGKILL)
    #expect(throws: Client.Failure.closed) { try client.readResponse() }
  }

  @Test("is asked for in words that must be understood")
  func nonsense() throws {
    let (service, secret) = try broken("parsd=fail")
    let client = try request(of: service, secret: secret)
    #expect(throws: Client.Failure.closed) { try client.readResponse() }
    #expect(try service.wait().errors.contains("BEARERD_FAULT is not understood"))
  }
}
