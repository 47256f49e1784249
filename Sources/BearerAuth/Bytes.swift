extension UInt8 {
  package var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isLower: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  var isUpper: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
  package var isLetter: Bool { isLower || isUpper }
  package var isAlphanumeric: Bool { isDigit || isLetter }

  /// What separates the fields of a token file.
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

  package var lowered: UInt8 { isUpper ? self | 0x20 : self }

  /// 0 to 15, or 255 where this is no hexadecimal digit of either case.
  var hexDigit: UInt8 {
    let digit = self &- UInt8(ascii: "0")
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 255
  }

  /// 0 to 15, or nil where this is no hexadecimal digit of either case.
  package var hexValue: UInt8? { hexDigit < 16 ? hexDigit : nil }
}

extension Span where Element == UInt8 {
  func elementsEqual(_ text: StaticString) -> Bool {
    text.utf8CodeUnitCount == count && hasPrefix(text)
  }

  func hasPrefix(_ text: StaticString) -> Bool {
    guard text.utf8CodeUnitCount <= count else { return false }
    return text.withUTF8Buffer { prefix in
      for index in prefix.indices where self[index] != prefix[index] { return false }
      return true
    }
  }

  /// Not for secrets: it stops at the first difference.
  func elementsEqual(_ other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = start
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// A copy.
  package var array: [UInt8] {
    withUnsafeBufferPointer { Array($0) }
  }

  /// Bytes that are known to be ASCII, as text; anything else comes out repaired.
  var asciiText: String {
    withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }

  /// The digits from `start` to `end` as a number; nil where one is no digit. The caller bounds the length.
  func decimal(from start: Int, to end: Int) -> Int? {
    guard start < end, end <= count else { return nil }
    var value = 0
    for index in start..<end {
      guard self[index].isDigit else { return nil }
      value = value * 10 + Int(self[index] - UInt8(ascii: "0"))
    }
    return value
  }
}
