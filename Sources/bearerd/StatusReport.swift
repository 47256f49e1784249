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
    @Count var rejected: Int
    @Count var peerNotAllowed: Int
    @Count var timedOut: Int
    @Count var evicted: Int
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

/// A length of time as people write it: `90d`, `12h`, `30m`, `2w`, `45s`.
enum DurationText {
  /// In seconds; nil where the text is none. A hundred years are the longest.
  static func seconds(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    guard let unit = text.last, let length = units[unit], text.dropLast().allSatisfy(\.isWholeNumber),
      let number = Int64(text.dropLast()), number <= longest / length
    else { return nil }
    return number * length
  }

  /// The largest unit that leaves little out: `364 days`, `23 hours`, `1 minute`.
  static func text(_ seconds: Int64) -> String {
    let (number, unit) =
      switch seconds {
      case ..<120: (seconds, "second")
      case ..<7200: (seconds / 60, "minute")
      case ..<172_800: (seconds / 3600, "hour")
      default: (seconds / 86_400, "day")
      }
    return "\(number) \(unit)\(number == 1 ? "" : "s")"
  }

  private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
  private static let longest: Int64 = 100 * 365 * 86_400
}

/// Rows in columns that are as wide as they must be.
struct Table {
  private var rows: [[String]]

  init(header: [String]) {
    rows = [header]
  }

  /// Adds a row; of names that come from elsewhere, what a terminal would obey is escaped.
  mutating func append(_ row: [String]) {
    rows.append(row.map(\.printable))
  }

  var description: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
