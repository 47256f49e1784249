import BearerAuth
import FoundationEssentials

/// The daemon's report, with the field names of its JSON. Another program may have written it: numbers are
/// limited by `Count`, instants to the years 0001 to 9999, and texts may contain anything.
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
    /// When the tokens in use were read.
    var read: Instant
    @Count var reloads: Int
    @Count var failedReloads: Int
    var failure: ReloadFailure?
    var files: [File]
  }

  /// Why the tokens in use are not those on disk.
  struct ReloadFailure: Decodable {
    var since: Instant
    var message: String
  }

  /// A file that was read.
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

  /// Denials with one reason.
  struct Denials: Decodable {
    var reason: String
    @Count var minute: Int
    @Count var hour: Int
    @Count var total: Int
  }

  /// The first two are current, the others counted since the start.
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
    var note: String?
    var disabled: Bool?
  }

  /// Parses the daemon's response; throws if it is of another kind or version.
  init(json: String) throws {
    self = try JSONDecoder().decode(StatusReport.self, from: Data(json.utf8))
  }
}

extension Instant: Decodable {
  /// Parses RFC 3339.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let instant = Instant(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no instant")
    }
    self = instant
  }
}

/// A number from 0 to 2^53, which every JSON parser keeps exactly (RFC 7493 section 2.2). Sums and differences
/// of a few cannot overflow.
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

/// Durations as text: `90d`, `12h`, `30m`, `2w`, `45s`.
enum DurationText {
  /// In seconds; nil if the text is not a duration, or longer than a hundred years.
  static func seconds(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    guard let unit = text.last, let length = units[unit], text.dropLast().allSatisfy(\.isWholeNumber),
      let number = Int64(text.dropLast()), number <= longest / length
    else { return nil }
    return number * length
  }

  /// In the largest unit that loses little: `364 days`, `23 hours`, `1 minute`.
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

/// Rows in aligned columns.
struct Table {
  private var rows: [[String]]

  init(header: [String]) {
    rows = [header]
  }

  /// Adds a row; unprintable characters are escaped.
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
