import ArgumentParser
import BearerAuth
import BearerdService
import FoundationEssentials
import Glibc
import ServiceManifest

/// `bearerd status`
struct Status: Command {
  static let configuration = CommandConfiguration(
    abstract:
      "Ask the running daemon what it does: keys and their last use, denials, the state of the tokens.",
    discussion: """
      The daemon keeps all of it in memory: it begins anew when the daemon is started. LAST USED is when a token last \
      opened a door, and FROM where the web server said the caller was.
      """)

  @OptionGroup var daemon: DaemonOption

  @Flag(help: "The daemon's own JSON object, for programs.")
  var json = false

  @Flag(help: "Again every two seconds, until interrupted.")
  var watch = false

  func perform() throws {
    guard watch else { return try Console.print(try screen()) }
    let isTerminal = isatty(STDOUT_FILENO) == 1
    while true {
      // One that is started again meanwhile is waited for.
      let text = Result { try screen() }
      let shown = try? text.get()
      let message = (text.failure as? Failure).map { "bearerd: \($0.message)" } ?? ""
      if isTerminal { try Console.clear() }
      try Console.print(shown ?? message)
      sleep(2)
    }
  }

  private func screen() throws(Failure) -> String {
    guard json else { return StatusScreen(try daemon.report()).text }
    let response = try daemon.ask("status")
    guard response.status == 200 else { throw Failure("the daemon does not know the question; is it older?") }
    guard (try? JSONDocument(parsing: Array(response.body.utf8))) != nil else {
      throw Failure("the daemon's answer is not JSON")
    }
    return JSON.escaped(response.body.trimmingLineEnds)
  }
}

extension String {
  fileprivate var trimmingLineEnds: String {
    String(drop { $0.isNewline }.reversed().drop { $0.isNewline }.reversed())
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// What the daemon tells of itself, in the words of its answer. Whoever listens there may have written it: a number is a
/// `Count`, an instant lies in the years 0001 to 9999, and texts are anything.
struct StatusReport: Decodable {
  var version: String
  @Count var pid: Int
  var ready: Bool
  var problem: String?
  var now: Instant
  var started: Instant
  /// In seconds.
  @Count var uptime: Int
  var listen: [String]
  @Count var loops: Int
  var tokens: Tokens
  var checks: Checks
  var denials: [Denials]
  var connections: Connections
  var applications: [Application]
  var keys: [Key]
  @Count var keysOmitted: Int

  /// The token file.
  struct Tokens: Decodable {
    var path: String
    @Count var tokens: Int
    @Count var applications: Int
    /// When those in force were read.
    var read: Instant
    @Count var reloads: Int
    @Count var failedReloads: Int
    var failure: ReloadFailure?
    var files: [File]
  }

  /// Why the tokens in force are not those that are there.
  struct ReloadFailure: Decodable {
    var since: Instant
    var message: String
  }

  /// One file that was read.
  struct File: Decodable {
    var path: String
    var modified: Instant?
  }

  /// All checks since the start.
  struct Checks: Decodable {
    @Count var allowed: Int
    @Count var denied: Int
    @Count var failed: Int
  }

  /// Denials for one reason.
  struct Denials: Decodable {
    var reason: String
    @Count var minute: Int
    @Count var hour: Int
    @Count var total: Int
  }

  /// The first two are now, the rest since the start.
  struct Connections: Decodable {
    @Count var reading: Int
    @Count var idle: Int
    @Count var accepted: Int
    @Count var refused: Int
    @Count var foreign: Int
    @Count var late: Int
    @Count var crowded: Int
  }

  /// One application's checks.
  struct Application: Decodable {
    var application: String
    @Count var tokens: Int
    @Count var allowed: Int
    @Count var denied: Int
  }

  /// One token.
  struct Key: Decodable {
    var application: String
    var key: String?
    @Count var line: Int
    var expires: Instant?
    var lastUsed: Instant?
    var lastUsedFrom: String?
  }

  /// Reads the daemon's answer; throws where it is of another kind or version.
  init(json: String) throws {
    self = try JSONDecoder().decode(StatusReport.self, from: Data(json.utf8))
  }
}

extension Instant: Decodable {
  /// Reads RFC 3339.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let instant = Instant(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no instant")
    }
    self = instant
  }
}

/// A number of things: from 0 to 2^53, which every reader of JSON keeps exactly (RFC 7493 section 2.2). So sums and
/// differences of a few do not overflow.
@propertyWrapper
struct Count: Decodable {
  var wrappedValue: Int

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = try container.decode(Int.self)
    guard (0...1 << 53).contains(wrappedValue) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "out of range")
    }
  }
}
