import BearerAuth

/// The ways to read a published text: as it stands, without the escapes of JSON and YAML, and without those of URLs. A
/// token is as public in any of them.
struct TextReading {
  let bytes: [UInt8]
  /// Where each byte stands in the text; nil where the text is read as it stands.
  private let origins: [Int]?

  private init(_ bytes: [UInt8], origins: [Int]? = nil) {
    self.bytes = bytes
    self.origins = origins
  }

  /// Where the byte at `index` came from.
  func origin(of index: Int) -> Int { origins?[index] ?? index }

  /// Where the bytes of a range came from, escapes included.
  func origins(of range: Range<Int>, in text: [UInt8]) -> Range<Int> {
    origin(
      of: range.lowerBound)..<(range.upperBound < bytes.count ? origin(of: range.upperBound) : text.count)
  }

  /// Those that differ.
  static func all(of text: [UInt8]) -> [TextReading] {
    let plain = TextReading(text)
    let unescaped = plain.replacing(UInt8(ascii: "\\"), by: TextReading.escape)
    let decoded = (unescaped ?? plain).replacing(UInt8(ascii: "%"), by: TextReading.percentForm)
    return [plain, unescaped, decoded].compactMap(\.self)
  }

  /// The text with another byte for every form that begins with `mark`; nil where there is none.
  private func replacing(
    _ mark: UInt8, by meaning: (ArraySlice<UInt8>) -> (byte: UInt8, length: Int)?
  ) -> TextReading? {
    guard bytes.contains(mark) else { return nil }
    var result: [UInt8] = []
    var origins: [Int] = []
    var hasChanged = false
    var index = 0
    while index < bytes.count {
      origins.append(origin(of: index))
      if bytes[index] == mark, let (byte, length) = meaning(bytes[index...]) {
        result.append(byte)
        index += length
        hasChanged = true
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return hasChanged ? TextReading(result, origins: origins) : nil
  }

  /// `\/`, `\u0041`, `\x41`, and the rest as something that is in no token.
  private static func escape(_ text: ArraySlice<UInt8>) -> (byte: UInt8, length: Int)? {
    guard let letter = text.dropFirst().first else { return nil }
    switch letter {
    case UInt8(ascii: "u"): return character(text, digits: 4)
    case UInt8(ascii: "x"): return character(text, digits: 2)
    case UInt8(ascii: "/"): return (letter, 2)
    default: return (0, 2)
    }
  }

  private static func percentForm(_ text: ArraySlice<UInt8>) -> (byte: UInt8, length: Int)? {
    guard let value = value(of: text.dropFirst().prefix(2), digits: 2) else { return nil }
    return (UInt8(clamping: value), 3)
  }

  private static func character(_ text: ArraySlice<UInt8>, digits: Int) -> (byte: UInt8, length: Int) {
    guard let value = value(of: text.dropFirst(2).prefix(digits), digits: digits) else { return (0, 2) }
    return (value < 0x80 ? UInt8(value) : 0, 2 + digits)
  }

  private static func value(of text: ArraySlice<UInt8>, digits: Int) -> Int? {
    guard text.count == digits else { return nil }
    return text.reduce(0) { value, byte in
      guard let value, let digit = byte.hexValue else { return nil }
      return value << 4 | Int(digit)
    }
  }
}
