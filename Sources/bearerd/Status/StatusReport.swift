import BearerAuth
import FoundationEssentials

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
  public init(from decoder: any Decoder) throws {
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
