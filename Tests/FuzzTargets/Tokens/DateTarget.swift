import Glibc

@testable import BearerAuth

/// Instants, against timegm(3) and a regular reading of RFC 3339; in both directions.
enum DateTarget {
  static func run(_ bytes: [UInt8]) {
    let instant = try? Instant(parsing: bytes.span)
    let expected = seconds(bytes)
    expect(
      instant?.seconds == expected,
      "\(String(decoding: bytes, as: UTF8.self)): \(String(describing: expected))")
    if let instant { written(instant) }
    guard bytes.count >= 8 else { return }
    // Any instant that can be written, too.
    let any = bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    written(Instant(seconds: any % 300_000_000_000))
    _ = Instant(seconds: any).description
    _ = Instant(seconds: any).advanced(by: Int64(bytes[0]) << 56).shortDescription
  }

  private static func written(_ instant: Instant) {
    guard Instant.writable.contains(instant.seconds) else { return }
    expect(Instant(parsing: instant.description) == instant, "what is written is read: \(instant)")
    expect(Instant(parsing: instant.shortDescription) == instant, "so is a day: \(instant)")
  }

  private static func seconds(_ bytes: [UInt8]) -> Int64? {
    guard bytes.allSatisfy({ $0 < 128 }) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).uppercased()
    let number = { (place: Int, count: Int) in
      Int32(String(decoding: bytes[place..<(place + count)], as: UTF8.self)) ?? 0
    }
    // 0 stands for a digit.
    let shape = String(text.map { $0.isNumber ? "0" : $0 })
    guard
      ["0000-00-00", "0000-00-00T00:00:00Z"].contains(shape)
        || ["0000-00-00T00:00:00+00:00", "0000-00-00T00:00:00-00:00"].contains(shape)
    else { return nil }
    var time = tm()
    (time.tm_year, time.tm_mon, time.tm_mday) = (number(0, 4) - 1900, number(5, 2) - 1, number(8, 2))
    var offset: Int64 = 0
    if bytes.count > 10 {
      (time.tm_hour, time.tm_min, time.tm_sec) = (number(11, 2), number(14, 2), number(17, 2))
      guard time.tm_hour < 24, time.tm_min < 60, time.tm_sec < 60 else { return nil }
    }
    if bytes.count > 20 {
      guard number(20, 2) < 24, number(23, 2) < 60 else { return nil }
      offset = Int64(number(20, 2) * 3600 + number(23, 2) * 60) * (bytes[19] == UInt8(ascii: "+") ? 1 : -1)
    }
    // timegm carries the 30th of February over into March.
    let (month, day) = (time.tm_mon, time.tm_mday)
    let seconds = Int64(timegm(&time))
    guard time.tm_mon == month, time.tm_mday == day, number(0, 4) > 0 else { return nil }
    let instant = seconds - offset
    return (-62_135_596_800...253_402_300_799).contains(instant) ? instant : nil
  }
}
