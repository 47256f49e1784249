/// What may be told of a parameter that a client had a hand in.
enum LogText {
  /// The most bytes of one value in a line.
  static let maximumLength = 200

  /// The value, cut to a sane length, with anything that has the shape of a token of ours blotted out.
  static func value(_ bytes: Span<UInt8>) -> String {
    text(bytes, length: bytes.count)
  }

  /// The path of a URI: a query may carry secrets of any shape.
  static func path(_ bytes: Span<UInt8>) -> String {
    text(bytes, length: bytes.indices.first { bytes[$0] == UInt8(ascii: "?") } ?? bytes.count)
  }

  private static func text(_ bytes: Span<UInt8>, length: Int) -> String {
    var kept: [UInt8] = []
    var index = 0
    while index < length, kept.count < maximumLength {
      if beginsSecret(bytes, at: index) {
        kept += "brd_...".utf8
        index += 4
        while index < length, isAlphanumeric(bytes[index]) { index += 1 }
      } else {
        kept.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: kept, as: UTF8.self) + (index < length ? "..." : "")
  }

  private static func beginsSecret(_ bytes: Span<UInt8>, at index: Int) -> Bool {
    let prefix: [UInt8] = [UInt8(ascii: "b"), UInt8(ascii: "r"), UInt8(ascii: "d"), UInt8(ascii: "_")]
    guard bytes.count - index >= prefix.count else { return false }
    return prefix.indices.allSatisfy { bytes[index + $0] == prefix[$0] }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    default: false
    }
  }
}
