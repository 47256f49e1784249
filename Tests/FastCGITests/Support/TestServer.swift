import Foundation

@testable import FastCGI

/// Allows "good" and denies everything else, with all it read in the body. "long:N" has a body of N letters;
/// "later:N" has it made on another thread.
final class EchoResponder: Responder {
  func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
    let text = parameters.withValue(at: 0) { value in
      var bytes: [UInt8] = []
      for index in value.indices { bytes.append(value[index]) }
      return String(decoding: bytes, as: UTF8.self)
    }
    if let length = text?.split(separator: ":").last.flatMap({ Int($0) }) {
      let bytes: @Sendable () -> [UInt8] = {
        Array("Status: 200 OK\r\n\r\n".utf8) + [UInt8](repeating: 0x61, count: length)
      }
      return text?.hasPrefix("later") == true ? response.makeLater(bytes) : response.append(bytes())
    }
    let status = text == "good" ? "200 OK" : "401 Unauthorized"
    response.append("Status: \(status)\r\n\r\n\(text ?? "-")" as String)
  }

  func refused(_ rejection: Rejection) {}
}

/// The real engine on a unix socket in a directory of its own; ended and removed with the object.
final class TestServer {
  let address: ListenAddress
  let server: Server
  private let directory: URL

  init(
    loops: Int = 2, timeout: Int = 10, maximumConnections: Int = 1000, requestMemory: Int = 32 << 20,
    inherited: Bool = false, peers: PeerFilter? = nil,
    makeResponder: () -> any Responder = { EchoResponder() }
  ) throws {
    directory = FileManager.default.temporaryDirectory.appending(
      path: "bearerd-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let path = directory.appending(path: "s").path
    address = .unix(path: path)
    let listener = try Listener.unix(path: path, mode: 0o600, owner: nil)
    var options = EngineOptions(loops: loops, timeout: timeout, maximumConnections: maximumConnections)
    options.requestMemory = requestMemory
    options.peers = peers
    server = try Server(
      listeners: [inherited ? try Listener(inheriting: listener.descriptor, as: address) : listener],
      options: options, names: testNames, makeResponder: makeResponder)
  }

  deinit {
    server.drain()
    server.wait()
    try? FileManager.default.removeItem(at: directory)
  }

  func client(timeout: Int = 20_000) throws -> Client { try Client(connectingTo: address, timeout: timeout) }

  /// The status of a good request on a connection of its own. That a second is enough is for tests that have the
  /// machine for themselves.
  func goodStatus() throws -> Int? {
    let client = try client()
    try client.send(goodRequest)
    let response = try client.readResponse()
    return response.isEnded ? response.status : nil
  }
}

extension Client {
  /// How many of the bytes that were sent the application has not taken.
  var unread: Int32 {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? count : 0
  }
}
