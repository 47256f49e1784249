import Foundation
import Synchronization

@testable import FastCGI

/// A FastCGI application that says which of the parameters it was asked to look for have reached it, and with what
/// values: as PHP would see them.
final class FastCGIBackend {
  private let server: Server
  private let listener: Listener
  private let seen = Seen()

  init(socket: String) throws {
    listener = try Listener.unix(path: socket, mode: 0o666, owner: nil)
    let seen = seen
    server = try Server(
      listeners: [listener], options: EngineOptions(loops: 1, timeout: 10, maximumConnections: 100),
      names: ParameterNames(Seen.names)
    ) { seen }
  }

  deinit {
    server.drain()
    server.wait()
  }

  /// `NAME=value` of the last request, in order.
  var lastParameters: [String] { seen.last.withLock { $0 } }
}

private final class Seen: Responder, Sendable {
  static let names: [StaticString] = [
    "BEARERD_ACCEPT", "BEARERD_APPLICATION", "BEARERD_ENDPOINT", "BEARERD_KEY", "BEARERD_SCOPE",
    "BEARERD_TOKEN", "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_AUTHORIZATION", "HTTP_BEARERD_APPLICATION",
    "HTTP_BEARERD_SCOPE",
    "HTTP_COOKIE", "HTTP_HOST", "HTTP_ORIGIN", "HTTP_X_API_KEY", "HTTP_X_BEARERD_APPLICATION",
    "HTTP_X_BEARERD_KEY",
    "QUERY_STRING",
    "REDIRECT_HTTP_AUTHORIZATION",
    "REMOTE_ADDR", "REQUEST_METHOD", "REQUEST_URI", "SCRIPT_FILENAME",
  ]

  let last = Mutex<[String]>([])

  func respond(to parameters: borrowing Parameters, role: Role, in response: Response) {
    var lines: [String] = []
    for (index, name) in Seen.names.enumerated() {
      let value = parameters.withValue(at: index) { span in
        String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
      }
      if let value { lines.append("\(name)=\(value)") }
    }
    last.withLock { $0 = lines }
    response.append("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    response.append(lines.joined(separator: "\n"))
  }

  func refused(_ rejection: Rejection) {
    last.withLock { $0 = ["refused: \(rejection)"] }
  }
}
