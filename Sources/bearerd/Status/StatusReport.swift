import BearerAuth
import FoundationEssentials

/// What the daemon tells of itself, in the words of its answer.
struct StatusReport: Decodable {
  var version: String
  var pid: Int
  var ready: Bool
  var problem: String?
  var now: Instant
  var started: Instant
  /// In seconds.
  var uptime: Int64
  var listen: [String]
  var loops: Int
  var tokens: Tokens
  var checks: Checks
  var denials: [Denials]
  var connections: Connections
  var applications: [Application]
  var keys: [Key]
  var keysOmitted: Int

  /// The token file.
  struct Tokens: Decodable {
    var path: String
    var tokens: Int
    var applications: Int
    /// When those in force were read.
    var read: Instant
    var reloads: Int
    var failedReloads: Int
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
    var allowed: Int
    var denied: Int
    var failed: Int
  }

  /// Denials for one reason.
  struct Denials: Decodable {
    var reason: String
    var minute: Int
    var hour: Int
    var total: Int
  }

  /// The first two are now, the rest since the start.
  struct Connections: Decodable {
    var reading: Int
    var idle: Int
    var accepted: Int
    var refused: Int
    var foreign: Int
    var late: Int
    var crowded: Int
  }

  /// One application's checks.
  struct Application: Decodable {
    var application: String
    var tokens: Int
    var allowed: Int
    var denied: Int
  }

  /// One token.
  struct Key: Decodable {
    var application: String
    var key: String?
    var line: Int
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
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let instant = Instant(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no instant")
    }
    self = instant
  }
}

extension DaemonOption {
  /// The daemon's report.
  /// - Parameter application: whose keys are told, all of them; nil: everybody's, where there are not too many.
  func report(of application: String? = nil, timeout: Int = 5000) throws(Failure) -> StatusReport {
    let response = try ask(application.map { "status/\($0)" } ?? "status", timeout: timeout)
    guard response.status == 200, let report = try? StatusReport(json: response.body) else {
      throw Failure(
        "the daemon's answer is not understood; is it of another version than \(Bearerd.version)?")
    }
    return report
  }
}
