import Foundation

@testable import FastCGI

/// Allows "good" and denies everything else, with all it read in the body.
final class EchoResponder: Responder {
  func response(to parameters: borrowing Parameters, role: Role) -> [UInt8] {
    let text = parameters.withValue(at: 0) { value in
      var bytes: [UInt8] = []
      for index in value.indices { bytes.append(value[index]) }
      return String(decoding: bytes, as: UTF8.self)
    }
    let status = text == "good" ? "200 OK" : "401 Unauthorized"
    return Array("Status: \(status)\r\n\r\n\(text ?? "-")".utf8)
  }

  func refused(_ refusal: Refusal) {}
}

/// The real engine on a unix socket in a folder of its own; ended and removed with the object.
final class TestServer {
  let address: ListenAddress
  let server: Server
  private let folder: URL

  init(loops: Int = 2, timeout: Int = 10, maximumConnections: Int = 1000, inherited: Bool = false) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bearerd-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "s").path
    address = .unix(path: path)
    let listener = try Listener.unix(path: path, mode: 0o600, owner: nil)
    server = try Server(
      listeners: [inherited ? try Listener(inheriting: listener.descriptor, as: address) : listener],
      options: EngineOptions(loops: loops, timeout: timeout, maximumConnections: maximumConnections),
      names: testNames
    ) { EchoResponder() }
  }

  deinit {
    server.drain()
    server.wait()
    try? FileManager.default.removeItem(at: folder)
  }

  func client(timeout: Int = 5000) throws -> Client { try Client(connectingTo: address, timeout: timeout) }

  /// The status of a good request on a connection of its own, which a second must be enough for.
  func goodStatus() throws -> Int? {
    let client = try client(timeout: 1000)
    try client.send(goodRequest)
    let response = try client.readResponse()
    return response.isEnded ? response.status : nil
  }
}
