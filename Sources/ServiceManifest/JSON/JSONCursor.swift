import BearerAuth

/// Where the reader is in its text.
struct JSONCursor {
  let bytes: [UInt8]
  var index = 0

  static let surplusComma = "a comma too many; take out the one before this"

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// What stands here; nil at the end.
  var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// The four of RFC 8259 section 2.
  mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { index += 1 }
  }

  mutating func skip(_ expected: UInt8) -> Bool {
    guard byte == expected else { return false }
    index += 1
    return true
  }

  /// `null`, and not the beginning of `nullable`.
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
    // RFC 8259 section 8.1 lets readers ignore it, and many do not.
    guard !bytes.starts(with: [0xef, 0xbb, 0xbf]) else {
      throw problem(#"a byte order mark; take it out: sed -i '1s/^\xef\xbb\xbf//' FILE"#)
    }
    guard !bytes.starts(with: [0xff, 0xfe]), !bytes.starts(with: [0xfe, 0xff]), !bytes.prefix(4).contains(0)
    else { throw problem("not UTF-8; save it as UTF-8") }
  }

  /// What is wrong where a name was expected.
  func problemOfName(isFirst: Bool) -> JSONDocument.Problem {
    switch byte {
    case nil: problem("the text ends inside an object; a } is missing")
    case UInt8(ascii: "}") where !isFirst: problem(JSONCursor.surplusComma)
    default: strangeness ?? problem("a name in double quotes is missing here")
    }
  }

  /// What is wrong where neither a comma nor the end of an object or array stands.
  func problemOfEnd(of container: String, _ bracket: String) -> JSONDocument.Problem {
    guard let byte else { return problem("the text ends inside an \(container); a \(bracket) is missing") }
    if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
      return problem("this \(container) ends with \(bracket)")
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
          : "no JSON value; a text stands in double quotes, and there are numbers, true, false and null")
  }

  /// What other languages allow, and JSON does not.
  private var strangeness: JSONDocument.Problem? {
    switch byte {
    case UInt8(ascii: "/"), UInt8(ascii: "#"): problem("JSON has no comments; take this out")
    case UInt8(ascii: "'"): problem("JSON has only double quotes; write \" for '")
    case let byte? where byte >= 0x80 || byte == 0: problem("this cannot stand outside of double quotes")
    default: nil
    }
  }
}
