/// A point in time, in whole seconds since 1970-01-01T00:00:00Z, without leap seconds (as POSIX counts).
package struct Instant: Comparable, Hashable, Sendable {
  /// Seconds since 1970-01-01T00:00:00Z; negative before.
  package let seconds: Int64

  /// From the value of time(2).
  package init(seconds: Int64) {
    self.seconds = seconds
  }

  /// Before every instant that RFC 3339 can express; in a token: no `not-before=`.
  package static let distantPast = Instant(seconds: .min)

  /// After every instant that RFC 3339 can express: "never expires".
  package static let distantFuture = Instant(seconds: .max)

  package static func < (left: Instant, right: Instant) -> Bool {
    left.seconds < right.seconds
  }

  /// The instant `seconds` later (earlier if negative), clamped to the distant past and future.
  package func advanced(by seconds: Int64) -> Instant {
    let (sum, overflow) = self.seconds.addingReportingOverflow(seconds)
    guard overflow else { return Instant(seconds: sum) }
    return seconds < 0 ? .distantPast : .distantFuture
  }

  /// The instants that RFC 3339 can express: the years 0001 to 9999.
  static let writable: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
}

extension Instant: CustomStringConvertible {
  /// RFC 3339 in UTC: `2026-11-24T00:00:00Z`. Instants outside the years 0001 to 9999 are clamped.
  package var description: String { ascii.span.asciiText }

  /// The date alone, `2026-11-24`, if the instant is midnight; otherwise the whole description.
  package var shortDescription: String {
    let text = description
    return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
  }
}

extension Instant {
  /// The bytes of `description`, without an allocation: for responses to checks: some 560 instructions.
  package var ascii: InlineArray<20, UInt8> {
    let shown = min(max(seconds, Instant.writable.lowerBound), Instant.writable.upperBound)
    let second = Int(((shown % 86_400) + 86_400) % 86_400)
    let day = CalendarDay(number: (shown - Int64(second)) / 86_400)
    var text = InlineArray<20, UInt8>(repeating: UInt8(ascii: "-"))
    text.write(day.year / 100, at: 0)
    text.write(day.year % 100, at: 2)
    text.write(day.month, at: 5)
    text.write(day.day, at: 8)
    text[10] = UInt8(ascii: "T")
    text.write(second / 3600, at: 11)
    text[13] = UInt8(ascii: ":")
    text.write(second / 60 % 60, at: 14)
    text[16] = UInt8(ascii: ":")
    text.write(second % 60, at: 17)
    text[19] = UInt8(ascii: "Z")
    return text
  }
}

extension InlineArray where count == 20, Element == UInt8 {
  /// Writes a number from 0 to 99 as two digits.
  fileprivate mutating func write(_ number: Int, at index: Int) {
    self[index] = UInt8(truncatingIfNeeded: number / 10) &+ UInt8(ascii: "0")
    self[index + 1] = UInt8(truncatingIfNeeded: number % 10) &+ UInt8(ascii: "0")
  }
}

/// A day of the proleptic Gregorian calendar.
struct CalendarDay: CustomStringConvertible {
  var year: Int
  var month: Int
  var day: Int

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day `number` days after 1970-01-01.
  ///
  /// Years begin in March here, which makes the leap day the last of its year; 719,468 days lie between
  /// 0000-03-01 and 1970-01-01, and 146,097 make one cycle of 400 years.
  init(number: Int64) {
    let shifted = Int(number) + 719_468
    let cycle = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfCycle = shifted - cycle * 146_097
    let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0)
  }

  /// Its midnight, in seconds since 1970-01-01T00:00:00Z.
  var seconds: Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let cycle = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfCycle = marchYear - cycle * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
    return Int64(cycle * 146_097 + dayOfCycle - 719_468) * 86_400
  }

  /// Whether the calendar has this day.
  var exists: Bool {
    year >= 1 && (1...12).contains(month)
      && (1...CalendarDay.length(ofMonth: month, year: year)).contains(day)
  }

  private static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  var description: String {
    let digits = String(year)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      + "-\(padded(month))-\(padded(day))"
  }
}

private func padded(_ number: Int) -> String {
  number < 10 ? "0\(number)" : String(number)
}

extension Instant {
  /// Why a text is not an instant, as the end of a sentence that names the fix.
  package enum ParsingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not in the form of RFC 3339.
    case shape
    /// A date that the calendar lacks, such as 2027-02-29.
    case day
    /// An hour, minute, second or offset out of range.
    case time
    /// A second 60.
    case leapSecond
    /// A fraction of a second.
    case fraction
    /// A date and time without `Z` or a numeric offset.
    case offset
    /// The offset moves it out of the years 0001 to 9999.
    case range

    /// `has no offset from UTC; write Z at its end for UTC`
    package var description: String {
      switch self {
      case .shape: "is neither a date nor an instant; write 2027-01-31 or 2027-01-31T12:00:00Z"
      case .day: "is not a day of the calendar"
      case .time: "has a time out of range; write 00:00:00 to 23:59:59"
      case .leapSecond: "is a leap second, which the system clock does not count; write the next second"
      case .fraction: "has a fraction of a second; write whole seconds"
      case .offset: "has no offset from UTC; write Z at its end for UTC"
      case .range: "lies outside the years 0001 to 9999 in UTC"
      }
    }
  }

  /// Parses an RFC 3339 date-time with `Z` or a numeric offset (section 5.6), or a full-date, which means
  /// midnight UTC. Strict: no fraction, no leap second, no space in place of the `T`.
  package init(parsing bytes: Span<UInt8>) throws(ParsingError) {
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

  /// Parses text; nil if it is not an instant.
  package init?(parsing text: String) {
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
