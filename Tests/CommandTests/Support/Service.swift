import FastCGI
import Foundation
import TestSupport
import Testing

/// `bearerd serve`, the real one, on a unix socket beside its tokens; killed with the object.
final class Service {
  let scratch: Scratch
  let running: Running
  let address: ListenAddress
  private var hasEnded = false

  /// - Parameter launcher: a program that starts the daemon, where it is not started directly.
  init(
    _ options: String..., scratch: Scratch? = nil, tokens: String? = nil, launcher: [String] = [],
    listens: Bool = true
  ) throws {
    let scratch = try scratch ?? Scratch()
    self.scratch = scratch
    address = .unix(path: "\(scratch.path)/socket")
    let listen = listens ? ["--listen", address.description] : []
    running = try Bearerd.start(
      launcher + [Bearerd.path, "serve", "--tokens", tokens ?? scratch.tokens] + listen + options)
  }

  deinit {
    guard !hasEnded else { return }
    kill(running.pid, SIGKILL)
    waitpid(running.pid, nil, 0)
  }

  var log: String { running.errorsSoFar }

  /// Waits for a text in the log.
  func waits(for text: String, times: Int = 1, seconds: Double = 20) throws {
    try #require(
      eventually(seconds: seconds) { self.log.components(separatedBy: text).count > times }, "\(text)\n\(log)"
    )
  }

  /// What the door says to this secret.
  func status(_ secret: String?, scope: String? = nil) throws -> Int? {
    var parameters: [(name: String, value: [UInt8])] = [
      ("REQUEST_METHOD", Array("GET".utf8)), ("REMOTE_ADDR", Array("192.0.2.7".utf8)),
      ("REQUEST_ID", Array("r1".utf8)), ("REQUEST_URI", Array("/private?secret=query".utf8)),
    ]
    if let secret { parameters.append(("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))) }
    if let scope { parameters.append(("BEARERD_SCOPE", Array(scope.utf8))) }
    return try Client(connectingTo: address).response(to: RequestMessage(parameters: parameters)).status
  }

  /// The outcome of a signal that ends it.
  func end(_ signal: Int32 = SIGTERM) throws -> Outcome {
    kill(running.pid, signal)
    return try wait()
  }

  /// The outcome of one that ends by itself.
  func wait() throws -> Outcome {
    hasEnded = true
    return try running.wait()
  }
}
