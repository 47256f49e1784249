import Glibc
import TestSupport
import Testing

@testable import BearerAuth

@Suite("An instant")
struct InstantTests {
  @Test("has the same text without an allocation", .slow)
  func ascii() {
    let days = stride(
      from: Instant.writable.lowerBound, through: Instant.writable.upperBound, by: 86_400 * 7 + 3661)
    let edges =
      [
        .min, .max, -1, 0, 1, 951_782_399, 951_782_400, 951_868_800, 4_107_542_399, 4_107_542_400,
        Instant.writable.lowerBound, Instant.writable.upperBound,
      ] as [Int64]
    for seconds in Array(days) + edges {
      let instant = Instant(seconds: seconds)
      let ascii = instant.ascii
      let text = String(decoding: ascii.indices.map { ascii[$0] }, as: UTF8.self)
      guard text == instant.description else {
        Issue.record("\(seconds): \(text), not \(instant)")
        return
      }
    }
    #expect(Instant(seconds: Instant.writable.lowerBound).description == "0001-01-01T00:00:00Z")
    #expect(Instant(seconds: Instant.writable.upperBound).description == "9999-12-31T23:59:59Z")
    #expect(CalendarDay(year: 1, month: 1, day: 1).seconds == Instant.writable.lowerBound)
    #expect(CalendarDay(year: 9999, month: 12, day: 31).seconds + 86_399 == Instant.writable.upperBound)
  }

  @Test(
    "is read from RFC 3339, and written in UTC",
    arguments: [
      ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"), ("1970-01-01", 0, "1970-01-01T00:00:00Z"),
      ("2026-11-24T00:00:00Z", 1_795_478_400, "2026-11-24T00:00:00Z"),
      ("2026-11-24", 1_795_478_400, "2026-11-24T00:00:00Z"),
      ("2026-11-24t10:15:30z", 1_795_515_330, "2026-11-24T10:15:30Z"),
      ("2026-11-24T10:15:30+00:00", 1_795_515_330, "2026-11-24T10:15:30Z"),
      ("2026-11-24T10:15:30-00:00", 1_795_515_330, "2026-11-24T10:15:30Z"),
      ("2026-11-24T11:15:30+01:00", 1_795_515_330, "2026-11-24T10:15:30Z"),
      ("2026-11-24T04:45:30-05:30", 1_795_515_330, "2026-11-24T10:15:30Z"),
      ("2027-01-01T00:30:00+01:00", 1_798_759_800, "2026-12-31T23:30:00Z"),
      ("2024-02-29", 1_709_164_800, "2024-02-29T00:00:00Z"),
      ("2000-02-29", 951_782_400, "2000-02-29T00:00:00Z"),
      ("2038-01-19T03:14:08Z", 2_147_483_648, "2038-01-19T03:14:08Z"),
      ("1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z"),
      ("0001-01-01", -62_135_596_800, "0001-01-01T00:00:00Z"),
      ("9999-12-31T23:59:59Z", 253_402_300_799, "9999-12-31T23:59:59Z"),
    ] as [(String, Int64, String)])
  func reads(text: String, seconds: Int64, description: String) throws {
    let instant = try Instant(strictly: text)
    #expect(instant.seconds == seconds)
    #expect(instant.description == description)
  }

  @Test(
    "that is none is refused, with what is wrong",
    arguments: [
      ("", .shape), ("tomorrow", .shape), ("2026", .shape), ("2026-11", .shape), ("2026-1-24", .shape),
      ("26-11-24", .shape),
      ("20261124", .shape), ("2026/11/24", .shape), ("24.11.2026", .shape), ("2026-11-24T", .shape),
      ("2026-11-24Z", .shape),
      ("2026-11-24 10:15:30Z", .shape), ("2026-11-24T10:15Z", .shape), ("2026-11-24T10:15:30ZZ", .shape),
      ("2026-11-24T10:15:30+0100", .shape), ("2026-11-24T10:15:30+01", .shape),
      ("2026-11-24T10:15:30*01:00", .shape),
      ("+2026-11-24", .shape), (" 2026-11-24", .shape), ("2026-11-24 ", .shape), ("-001-11-24", .shape),
      ("2026-11-+4", .shape), ("1795478400", .shape), ("2026-11-24T1\u{660}:15:30Z", .shape),
      ("2026-00-24", .day), ("2026-13-24", .day), ("2026-11-00", .day), ("2026-11-31", .day),
      ("2026-02-29", .day),
      ("1900-02-29", .day), ("2100-02-29", .day), ("2024-02-30", .day), ("0000-01-01", .day),
      ("2026-04-31", .day),
      ("2026-11-24T24:00:00Z", .time), ("2026-11-24T10:60:00Z", .time), ("2026-11-24T10:15:61Z", .time),
      ("2026-11-24T10:15:30+24:00", .time), ("2026-11-24T10:15:30+01:60", .time),
      ("2016-12-31T23:59:60Z", .leapSecond), ("2026-11-24T10:15:30.5Z", .fraction),
      ("2026-11-24T10:15:30,5Z", .fraction),
      ("2026-11-24T10:15:30", .offset), ("0001-01-01T00:00:00+00:01", .range),
      ("9999-12-31T23:59:59-00:01", .range),
    ] as [(String, Instant.ParsingError)])
  func refuses(text: String, reason: Instant.ParsingError) {
    #expect(throws: reason) { try Instant(strictly: text) }
    #expect(Instant(parsing: text) == nil)
  }

  @Test("of every 31st day of 9998 years is what the C library makes of it")
  func calendar() {
    for day in stride(from: -719_162 as Int64, to: 2_932_896, by: 31) {
      let instant = Instant(seconds: day * 86_400 + 3_723)
      var seconds = time_t(instant.seconds)
      var fields = tm()
      gmtime_r(&seconds, &fields)
      let numbers = [Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday)]
      let parts = numbers.map { ($0 < 10 ? "0" : "") + String($0) }
      let year = String(repeating: "0", count: max(0, 4 - parts[0].count)) + parts[0]
      let text = "\(year)-\(parts[1])-\(parts[2])T01:02:03Z"
      #expect(instant.description == text)
      #expect(Instant(parsing: text) == instant)
    }
  }

  @Test("at the ends of time stays there, and is still written with four digits")
  func ends() {
    #expect(Instant.distantFuture.advanced(by: 1) == .distantFuture)
    #expect(Instant.distantPast.advanced(by: -1) == .distantPast)
    #expect(Instant.distantFuture.description == "9999-12-31T23:59:59Z")
    #expect(Instant.distantPast.description == "0001-01-01T00:00:00Z")
    #expect(Instant.distantPast < Instant(seconds: 0) && Instant(seconds: 0) < .distantFuture)
  }

  @Test("at midnight is written as its day where there is little room")
  func short() throws {
    #expect(try instant("2026-11-24").shortDescription == "2026-11-24")
    #expect(try instant("2026-11-24T00:00:01Z").shortDescription == "2026-11-24T00:00:01Z")
  }
}
