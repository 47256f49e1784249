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

  /// The number that up to ten digits write, highest first; nil where one is no digit of base 62. No branch depends
  /// on a digit.
  static func decode(_ digits: Span<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    var worst: UInt8 = 0
    for index in digits.indices {
      let value = values[Int(digits[index])]
      worst = max(worst, value)
      number = number &* 62 &+ UInt64(value)
    }
    return worst < 62 ? number : nil
  }

  /// By the character; 255 where it is no digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

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
