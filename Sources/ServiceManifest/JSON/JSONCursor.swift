import BearerAuth

/// The position of the parser in its text.
struct JSONCursor {
  let bytes: [UInt8]
  var index = 0

  static let surplusComma = "a trailing comma; remove the one before this"

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The byte at the position; nil at the end.
  var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// Skips the white space of RFC 8259 section 2.
  mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { index += 1 }
  }

  mutating func skip(_ expected: UInt8) -> Bool {
    guard byte == expected else { return false }
    index += 1
    return true
  }

  /// Skips a word: `null`, but not the beginning of `nullable`.
  mutating func skip(word: StaticString) -> Bool {
    let end = index + word.utf8CodeUnitCount
    guard end <= bytes.count, word.withUTF8Buffer({ bytes[index..<end].elementsEqual($0) }) else {
      return false
    }
    if end < bytes.count, bytes[end].isAlphanumeric { return false }
    index = end
    return true
  }

  func problem(_ message: String, at offset: Int? = nil) -> JSONDocument.Problem {
    JSONDocument.Problem(offset: offset ?? index, message: message)
  }

  func checkBeginning() throws(JSONDocument.Problem) {
    // RFC 8259 section 8.1 lets parsers ignore it, and many do not.
    guard !bytes.starts(with: [0xef, 0xbb, 0xbf]) else {
      throw problem(#"a byte order mark; remove it: sed -i '1s/^\xef\xbb\xbf//' FILE"#)
    }
    guard !bytes.starts(with: [0xff, 0xfe]), !bytes.starts(with: [0xfe, 0xff]), !bytes.prefix(4).contains(0)
    else { throw problem("not UTF-8; save it as UTF-8") }
  }

  /// The problem if a name was expected.
  func problemOfName(isFirst: Bool) -> JSONDocument.Problem {
    switch byte {
    case nil: problem("the text ends inside an object; a } is missing")
    case UInt8(ascii: "}") where !isFirst: problem(JSONCursor.surplusComma)
    default: strangeness ?? problem("a name in double quotes is expected here")
    }
  }

  /// The problem if neither a comma nor the end of an object or array follows.
  func problemOfEnd(of container: String, _ bracket: String) -> JSONDocument.Problem {
    guard let byte else { return problem("the text ends inside an \(container); a \(bracket) is missing") }
    if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
      return problem("this \(container) must end with \(bracket)")
    }
    return strangeness ?? problem("a comma is missing before this")
  }

  func problemOfValue() -> JSONDocument.Problem {
    guard let byte else {
      return problem(bytes.isEmpty ? "the file is empty" : "the text ends where a value is missing")
    }
    return strangeness
      ?? problem(
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
          ? "a value is missing before this"
          : "not a JSON value; use a text in double quotes, a number, true, false or null")
  }

  /// Syntax of other languages that JSON does not allow.
  private var strangeness: JSONDocument.Problem? {
    switch byte {
    case UInt8(ascii: "/"), UInt8(ascii: "#"): problem("JSON has no comments; remove this")
    case UInt8(ascii: "'"): problem("JSON has only double quotes; use \" instead of '")
    case let byte? where byte >= 0x80 || byte == 0: problem("not allowed outside of double quotes")
    default: nil
    }
  }
}

extension JSONCursor {
  /// Parses the string at the position, without quotes and escapes, and moves behind it.
  mutating func readString() throws(JSONDocument.Problem) -> String {
    let start = index
    index += 1
    var text: [UInt8] = []
    while true {
      switch byte {
      case nil: throw problem("the string that begins here is not closed; a \" is missing", at: start)
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw problem("not UTF-8; save it as UTF-8", at: firstInvalid(from: start + 1, to: index))
        }
        index += 1
        return string
      case UInt8(ascii: "\\"): try readEscape(into: &text)
      case 0x0a, 0x0d:
        throw problem("a string must end on its line; write \\n for a line end")
      case let byte? where byte < 0x20:
        throw problem("a control character; use an escape: \\t, \\u001f")
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
      throw problem("not a JSON escape; write a backslash as \\\\", at: start)
    }
    text += Array(String(try readScalar(from: start)).utf8)
  }

  /// The character for the letter after a backslash; nil if it is not in RFC 8259 section 7, or is `u`.
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

  /// The character of `\u` and its digits; a character beyond U+FFFF takes two of them (RFC 8259 section 7).
  private mutating func readScalar(from start: Int) throws(JSONDocument.Problem) -> Unicode.Scalar {
    let high = try readUnit(from: start)
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard UTF16.isLeadSurrogate(UInt16(high)), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
      throw problem("half of a surrogate pair; the other \\u of the pair is missing", at: start)
    }
    let low = try readUnit(from: start)
    let value = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)
    guard UTF16.isTrailSurrogate(UInt16(low)), let scalar = Unicode.Scalar(value) else {
      throw problem("half of a surrogate pair; the other \\u of the pair is missing", at: start)
    }
    return scalar
  }

  private mutating func readUnit(from start: Int) throws(JSONDocument.Problem) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = byte?.hexValue else { throw problem("\\u needs four hexadecimal digits", at: start) }
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
