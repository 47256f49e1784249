import Foundation
import Logging
import Synchronization

@testable import BearerAuth
@testable import BearerdService
@testable import FastCGI

/// The whole service but its process: tokens, answers and the real engine on a unix socket of its own.
final class TestService {
  static let secret = "brd_" + String(repeating: "0", count: 43)

  let store: PolicyStore
  let metrics: Metrics
  let server: Server
  private let address: ListenAddress
  private let directory: URL
  /// The time, as the responders see it.
  let now: TestClock

  init(tokens: [Token], options: AnswerOptions? = nil) throws {
    directory = FileManager.default.temporaryDirectory.appending(
      path: "bearerd-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    address = .unix(path: directory.appending(path: "s").path)
    let now = TestClock()
    let store = PolicyStore(Policy(tokens))
    let metrics = Metrics(
      store: store, reloads: ReloadRecord(path: "/tokens"), started: now.instant)
    let journal = DenialLog(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let listener = try Listener.unix(path: directory.appending(path: "s").path, mode: 0o600, owner: nil)
    let answers = try options ?? AnswerOptions(challenge: Challenge(realm: "test"))
    server = try Server(
      listeners: [listener], options: EngineOptions(loops: 1, timeout: 10, maximumConnections: 100),
      names: AuthParameter.names
    ) {
      try AccessResponder(options: answers, metrics: metrics, journal: journal) { now.instant }
    }
    metrics.watch(
      server, LoopWatch(server, at: SystemClock.monotonicMilliseconds()), on: [address.description])
    self.now = now
    self.metrics = metrics
    self.store = store
  }

  deinit {
    server.drain()
    server.wait()
    try? FileManager.default.removeItem(at: directory)
  }

  /// The response to a request with these parameters.
  func answer(_ parameters: [(String, String)], role: Role = .responder) throws -> ResponseMessage {
    try answer(bytes: parameters.map { ($0, Array($1.utf8)) }, role: role)
  }

  func answer(bytes parameters: [(String, [UInt8])], role: Role = .responder) throws -> ResponseMessage {
    try Client(connectingTo: address).response(
      to: RequestMessage(role: role, parameters: parameters.map { (name: $0, value: $1) }))
  }
}

/// A clock that a test sets.
final class TestClock: Sendable {
  private let seconds = Atomic<Int64>(1_800_000_000)

  var instant: Instant { Instant(seconds: seconds.load(ordering: .relaxed)) }

  func set(to instant: Instant) { seconds.store(instant.seconds, ordering: .relaxed) }
}

/// The tokens that these lines hold.
func tokens(_ lines: String...) -> [Token] {
  TokenFile(parsing: Array(lines.joined(separator: "\n").utf8), name: "tokens", number: 0).tokens
}
