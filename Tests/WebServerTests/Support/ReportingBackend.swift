import Foundation
import Synchronization
import Testing

@testable import FastCGI

/// A backend that speaks every protocol nginx passes requests on with, and keeps what it was given.
///
/// Its answer begins with `BACKEND`, and says which application it was told. The query can ask for another one:
/// `status=502`, `accel=/path` for X-Accel-Redirect, `ssi=/path` for a body that includes a path by SSI.
final class ReportingBackend: Sendable {
  /// A port of loopback for each protocol.
  let ports: [BackendProtocol: UInt16]
  private let listeners: [Int32]
  private let received = Received()

  init() throws {
    var ports: [BackendProtocol: UInt16] = [:]
    var listeners: [Int32] = []
    for kind in BackendProtocol.allCases {
      let listener = try #require(try Listener.tcp(host: "127.0.0.1", port: 0).first).descriptor
      try #require(Socket.setFlags(listener, nonblocking: false))
      let received = received
      Thread.detachNewThread {
        while true {
          let descriptor = accept(listener, nil, nil)
          guard descriptor >= 0 else { return }
          Thread.detachNewThread { ReportingBackend.serve(descriptor, kind, received) }
        }
      }
      ports[kind] = try Backend.port(of: listener)
      listeners.append(listener)
    }
    self.ports = ports
    self.listeners = listeners
  }

  deinit {
    for listener in listeners {
      shutdown(listener, Int32(SHUT_RDWR))
      close(listener)
    }
  }

  /// The requests since this was asked last.
  func take() -> [BackendRequest] {
    received.requests.withLock { requests in
      defer { requests = [] }
      return requests
    }
  }

  private final class Received: Sendable {
    let requests = Mutex<[BackendRequest]>([])
  }

  private static func serve(_ descriptor: Int32, _ kind: BackendProtocol, _ received: Received) {
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Socket.receive(descriptor, into: &chunk)
      guard count > 0 else { return }
      bytes += chunk[..<count]
      guard let request = kind.request(in: bytes) else { continue }
      received.requests.withLock { $0.append(request) }
      let answer = kind.answer(Array(text(for: request, kind).utf8))
      _ = answer.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      return
    }
  }

  private static func text(for request: BackendRequest, _ kind: BackendProtocol) -> String {
    let status = request.query("status") ?? "200"
    var head =
      kind == .http ? "HTTP/1.1 \(status) Status\r\nConnection: close\r\n" : "Status: \(status) Status\r\n"
    if let path = request.query("accel") { head += "X-Accel-Redirect: \(path)\r\n" }
    var body = "BACKEND \(request.line) application=\(request.application ?? "-")\n"
    if let path = request.query("ssi") { body += "<!--# include virtual=\"\(path)\" -->\n" }
    return "\(head)Content-Type: text/html\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// One request as a backend was given it.
struct BackendRequest: Sendable {
  /// The request line, or what stands for it.
  var line: String
  /// The headers or parameters, in order.
  var fields: [(name: String, value: String)]

  /// What the backend takes for the application's name: CGI and WSGI fold `-` and `_` of header names together.
  var applications: [String] {
    fields.filter {
      $0.name.lowercased().replacingOccurrences(of: "_", with: "-").hasSuffix("bearerd-application")
    }
    .map(\.value)
  }

  var application: String? { applications.first { !$0.isEmpty } }

  func holds(_ secret: String) -> Bool {
    line.contains(secret) || fields.contains { $0.value.contains(secret) }
  }

  /// The value of a name in the query.
  func query(_ name: String) -> String? {
    let target = line.split(separator: " ").first { $0.contains("?") } ?? ""
    let pairs = target.drop { $0 != "?" }.dropFirst().split(separator: "&")
    return pairs.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
  }
}
