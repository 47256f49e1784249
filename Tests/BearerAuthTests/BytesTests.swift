import TestSupport
import Testing

@testable import BearerAuth

/// They look at several bytes at once, so every length and place is tried.
@Suite("A span of bytes")
struct BytesTests {
  @Test("counts the occurrences of a byte", arguments: [0..<300, 4070..<4100, 8150..<8180])
  func occurrences(counts: Range<Int>) {
    var dice = Dice(state: 1)
    for count in counts {
      let bytes = (0..<count).map { _ in UInt8.random(in: 9...11, using: &dice) }
      let (found, expected) = (bytes.span.occurrences(of: 10), bytes.count { $0 == 10 })
      #expect(found == expected, "\(count) bytes")
      let all = [UInt8](repeating: 10, count: count).span.occurrences(of: 10)
      #expect(all == count)
    }
  }

  @Test("finds a byte that is no text at each of eight places", arguments: [0x20, 0x21] as [UInt8])
  func text(least: UInt8) {
    for place in 0..<8 {
      for byte in UInt8.min...UInt8.max {
        for other in [least, 0x7e] {
          // The byte before them does not count.
          var bytes = [0] + [UInt8](repeating: other, count: 8)
          bytes[1 + place] = byte
          let isText = bytes.span.hasOnlyText(at: 1, from: least)
          #expect(isText == (least...0x7e).contains(byte), "\(byte) at \(place) among \(other)")
        }
      }
    }
  }
}
