/// Numbers in the digits 0-9, A-Z, a-z: no character that a shell, a URL or a double click breaks at.
enum Base62 {
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// The number whose bytes, highest first, are `bytes`, in `length` digits with leading zeros.
  /// `length` digits must be enough: 43 for 32 bytes, 6 for 4.
  static func encode(_ bytes: [UInt8], length: Int) -> [UInt8] {
    var number = bytes
    var digits = [UInt8](repeating: 0, count: length)
    for position in digits.indices.reversed() {
      digits[position] = alphabet[remainder(dividing: &number)]
    }
    for index in number.indices { number[index] = 0 }
    return digits
  }

  /// The number that up to ten digits write, highest first; nil where one is no digit of base 62.
  static func decode(_ digits: Span<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for index in digits.indices {
      guard let value = value(of: digits[index]) else { return nil }
      number = number * 62 + UInt64(value)
    }
    return number
  }

  private static func value(of digit: UInt8) -> UInt8? {
    if digit.isDigit { return digit - UInt8(ascii: "0") }
    if digit.isUpper { return digit - UInt8(ascii: "A") + 10 }
    return digit.isLower ? digit - UInt8(ascii: "a") + 36 : nil
  }

  /// Divides by 62 as one does on paper.
  private static func remainder(dividing number: inout [UInt8]) -> Int {
    var rest = 0
    for index in number.indices {
      let value = rest << 8 | Int(number[index])
      number[index] = UInt8(value / 62)
      rest = value % 62
    }
    return rest
  }
}
