extension Instant {
  /// Why a text is no instant, as the end of a sentence that names the fix.
  public enum ParsingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not the shape of RFC 3339 at all.
    case shape
    /// A date that the calendar lacks, such as 2027-02-29.
    case day
    /// An hour, minute, second or offset that no clock shows.
    case time
    /// A second numbered 60.
    case leapSecond
    /// Parts of a second.
    case fraction
    /// A date and time without `Z` or a numeric offset.
    case offset
    /// Its offset carries it out of the years 0001 to 9999.
    case range

    /// `has no offset from UTC; write Z at its end for UTC`
    public var description: String {
      switch self {
      case .shape: "is neither a date nor an instant; write 2027-01-31 or 2027-01-31T12:00:00Z"
      case .day: "names a day that the calendar does not have"
      case .time: "names a time that no clock shows; write 00:00:00 to 23:59:59"
      case .leapSecond: "is a leap second, which the system's clock does not count; write the second after it"
      case .fraction: "holds parts of a second; write whole seconds"
      case .offset: "has no offset from UTC; write Z at its end for UTC"
      case .range: "lies outside the years 0001 to 9999 in UTC"
      }
    }
  }

  /// Reads an RFC 3339 date-time with `Z` or a numeric offset (section 5.6), or a full-date, which is its midnight
  /// in UTC. Strict: no fraction, no leap second, no space for the `T`.
  public init(parsing bytes: Span<UInt8>) throws(ParsingError) {
    let midnight = try Instant.day(bytes)
    guard bytes.count > 10 else {
      self.init(seconds: midnight)
      return
    }
    let second = try Instant.timeOfDay(bytes)
    let offset = try Instant.offset(bytes)
    self.init(seconds: midnight + second - offset)
    guard Instant.writable.contains(seconds) else { throw .range }
  }

  /// The same for text; nil where it is no instant.
  public init?(parsing text: String) {
    guard let instant = try? Instant(parsing: text.utf8.span) else { return nil }
    self = instant
  }

  /// Seconds from 1970 to the midnight of `YYYY-MM-DD`.
  private static func day(_ bytes: Span<UInt8>) throws(ParsingError) -> Int64 {
    guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = bytes.decimal(from: 0, to: 4), let month = bytes.decimal(from: 5, to: 7),
      let day = bytes.decimal(from: 8, to: 10)
    else { throw .shape }
    let date = CalendarDay(year: year, month: month, day: day)
    guard date.exists else { throw .day }
    return date.seconds
  }

  /// Seconds from midnight to `Thh:mm:ss`.
  private static func timeOfDay(_ bytes: Span<UInt8>) throws(ParsingError) -> Int64 {
    guard bytes.count >= 19, bytes[10].lowered == UInt8(ascii: "t"),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let hour = bytes.decimal(from: 11, to: 13), let minute = bytes.decimal(from: 14, to: 16),
      let second = bytes.decimal(from: 17, to: 19)
    else { throw .shape }
    guard hour < 24, minute < 60, second <= 60 else { throw .time }
    guard second < 60 else { throw .leapSecond }
    return Int64(hour * 3600 + minute * 60 + second)
  }

  /// Seconds east of UTC of `Z`, `+hh:mm` or `-hh:mm`.
  private static func offset(_ bytes: Span<UInt8>) throws(ParsingError) -> Int64 {
    guard bytes.count > 19 else { throw .offset }
    let sign = bytes[19]
    if bytes.count == 20, sign.lowered == UInt8(ascii: "z") { return 0 }
    guard sign != UInt8(ascii: "."), sign != UInt8(ascii: ",") else { throw .fraction }
    guard bytes.count == 25, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      bytes[22] == UInt8(ascii: ":"),
      let hour = bytes.decimal(from: 20, to: 22), let minute = bytes.decimal(from: 23, to: 25)
    else { throw .shape }
    guard hour < 24, minute < 60 else { throw .time }
    let east = Int64(hour * 3600 + minute * 60)
    return sign == UInt8(ascii: "+") ? east : -east
  }
}
