/// A point in time, in whole seconds since 1970-01-01T00:00:00Z, without leap seconds (as POSIX counts).
public struct Instant: Comparable, Hashable, Sendable {
  /// Seconds since 1970-01-01T00:00:00Z; negative before.
  public let seconds: Int64

  /// Takes what time(2) gives.
  public init(seconds: Int64) {
    self.seconds = seconds
  }

  /// Before every instant that can be written: "has always been valid".
  public static let distantPast = Instant(seconds: .min)

  /// After every instant that can be written: "never expires".
  public static let distantFuture = Instant(seconds: .max)

  /// Earlier is less.
  public static func < (left: Instant, right: Instant) -> Bool {
    left.seconds < right.seconds
  }

  /// The instant `seconds` later (earlier where negative), held at the ends of time.
  public func advanced(by seconds: Int64) -> Instant {
    let (sum, overflow) = self.seconds.addingReportingOverflow(seconds)
    guard overflow else { return Instant(seconds: sum) }
    return seconds < 0 ? .distantPast : .distantFuture
  }

  /// The instants that RFC 3339 can write: the years 0001 to 9999.
  static let writable =
    CalendarDay(year: 1, month: 1, day: 1).seconds...CalendarDay(year: 9999, month: 12, day: 31).seconds
    + 86_399
}

extension Instant: CustomStringConvertible {
  /// RFC 3339 in UTC: `2026-11-24T00:00:00Z`. What no four-digit year can write is shown as the first or last
  /// instant that one can.
  public var description: String {
    let shown = min(max(seconds, Instant.writable.lowerBound), Instant.writable.upperBound)
    let second = Int(((shown % 86_400) + 86_400) % 86_400)
    let day = CalendarDay(number: (shown - Int64(second)) / 86_400)
    return "\(day)T\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))Z"
  }

  /// The day alone, `2026-11-24`, where the instant is a midnight; otherwise the whole description.
  public var shortDescription: String {
    let text = description
    return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
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
  /// Years begin in March here, so that the leap day is the last of its year; 719,468 days lie between
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

  /// Whether the calendar has such a day.
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
