import BearerAuth

extension JSONCursor {
  /// The string that begins here, without quotes and escapes; the index stands behind it then.
  mutating func readString() throws(JSONDocument.Problem) -> String {
    let start = index
    index += 1
    var text: [UInt8] = []
    while true {
      switch byte {
      case nil: throw problem("the string that begins here has no end; a \" is missing", at: start)
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw problem("not UTF-8; save it as UTF-8", at: firstInvalid(from: start + 1, to: index))
        }
        index += 1
        return string
      case UInt8(ascii: "\\"): try readEscape(into: &text)
      case 0x0a, 0x0d:
        throw problem("a string ends on the line where it begins; write \\n for a line end")
      case let byte? where byte < 0x20:
        throw problem("a control character; write it as an escape: \\t, \\u001f")
      case let byte?:
        text.append(byte)
        index += 1
      }
    }
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(JSONDocument.Problem) {
    let start = index
    index += 1
    if let meant = escaped {
      text.append(meant)
      index += 1
      return
    }
    guard skip(UInt8(ascii: "u")) else {
      throw problem("no escape of JSON; a backslash itself is written \\\\", at: start)
    }
    text += Array(String(try readScalar(from: start)).utf8)
  }

  /// What the letter behind a backslash stands for; nil where it is none of RFC 8259 section 7, or `u`.
  private var escaped: UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  /// The character of `\u` and its digits; beyond the first 65,536 two of them (RFC 8259 section 7).
  private mutating func readScalar(from start: Int) throws(JSONDocument.Problem) -> Unicode.Scalar {
    let high = try readUnit(from: start)
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard UTF16.isLeadSurrogate(UInt16(high)), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
      throw problem("half a character; the other \\u of the pair is missing", at: start)
    }
    let low = try readUnit(from: start)
    let value = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)
    guard UTF16.isTrailSurrogate(UInt16(low)), let scalar = Unicode.Scalar(value) else {
      throw problem("half a character; the other \\u of the pair is missing", at: start)
    }
    return scalar
  }

  private mutating func readUnit(from start: Int) throws(JSONDocument.Problem) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = byte?.hexValue else { throw problem("\\u has four hexadecimal digits", at: start) }
      unit = unit << 4 | UInt32(digit)
      index += 1
    }
    return unit
  }

  private func firstInvalid(from start: Int, to end: Int) -> Int {
    var rest = bytes[start..<end].makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    var offset = start
    while case .valid(let scalar) = parser.parseScalar(from: &rest) { offset += scalar.count }
    return offset
  }
}
