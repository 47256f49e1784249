import BearerAuth

/// Reads JSON as RFC 8259 has it, and nothing besides: no comments, no byte order mark, no half characters.
struct JSONReader {
  private var cursor: JSONCursor
  private var valueCount = 0
  private(set) var repeated: [JSONMember] = []

  /// No published file is deeper, and the reader's own stack holds ten times as much.
  static let maximumDepth = 100
  /// What a hostile file may make of a megabyte.
  static let maximumValues = 1_000_000

  init(_ bytes: [UInt8]) {
    cursor = JSONCursor(bytes)
  }

  mutating func readDocument() throws(JSONDocument.Problem) -> JSONValue {
    try cursor.checkBeginning()
    let value = try readValue(depth: 0)
    cursor.skipSpace()
    guard cursor.byte == nil else { throw cursor.problem("the text has ended; nothing may follow its value") }
    return value
  }

  private mutating func readValue(depth: Int) throws(JSONDocument.Problem) -> JSONValue {
    cursor.skipSpace()
    valueCount += 1
    guard valueCount <= JSONReader.maximumValues else {
      throw cursor.problem("more than \(JSONReader.maximumValues) values; nobody reads on")
    }
    guard depth < JSONReader.maximumDepth else {
      throw cursor.problem("more than \(JSONReader.maximumDepth) levels deep; nobody reads on")
    }
    let start = cursor.index
    let content: JSONValue.Content =
      switch cursor.byte {
      case UInt8(ascii: "{"): try readObject(depth: depth)
      case UInt8(ascii: "["): try readArray(depth: depth)
      case UInt8(ascii: "\""): .string(try cursor.readString())
      case let byte? where byte == UInt8(ascii: "-") || byte.isDigit: try readNumber()
      default: try readWord()
      }
    return JSONValue(content: content, range: start..<cursor.index)
  }

  private mutating func readObject(depth: Int) throws(JSONDocument.Problem) -> JSONValue.Content {
    var members: [JSONMember] = []
    var names: Set<[UInt8]> = []
    cursor.index += 1
    cursor.skipSpace()
    if cursor.skip(UInt8(ascii: "}")) { return .object([]) }
    repeat {
      cursor.skipSpace()
      guard cursor.byte == UInt8(ascii: "\"") else { throw cursor.problemOfName(isFirst: members.isEmpty) }
      let start = cursor.index
      let name = try cursor.readString()
      let nameRange = start..<cursor.index
      cursor.skipSpace()
      guard cursor.skip(UInt8(ascii: ":")) else { throw cursor.problem("a colon is missing before this") }
      let member = JSONMember(name: name, nameRange: nameRange, value: try readValue(depth: depth + 1))
      if !names.insert(Array(name.utf8)).inserted { repeated.append(member) }
      members.append(member)
      cursor.skipSpace()
    } while cursor.skip(UInt8(ascii: ","))
    guard cursor.skip(UInt8(ascii: "}")) else { throw cursor.problemOfEnd(of: "object", "}") }
    return .object(members)
  }

  private mutating func readArray(depth: Int) throws(JSONDocument.Problem) -> JSONValue.Content {
    var values: [JSONValue] = []
    cursor.index += 1
    cursor.skipSpace()
    if cursor.skip(UInt8(ascii: "]")) { return .array([]) }
    repeat {
      cursor.skipSpace()
      guard cursor.byte != UInt8(ascii: "]") else { throw cursor.problem(JSONCursor.surplusComma) }
      values.append(try readValue(depth: depth + 1))
      cursor.skipSpace()
    } while cursor.skip(UInt8(ascii: ","))
    guard cursor.skip(UInt8(ascii: "]")) else { throw cursor.problemOfEnd(of: "array", "]") }
    return .array(values)
  }

  /// RFC 8259 section 6: of any length, and worth what the reader makes of it.
  private mutating func readNumber() throws(JSONDocument.Problem) -> JSONValue.Content {
    _ = cursor.skip(UInt8(ascii: "-"))
    if cursor.skip(UInt8(ascii: "0")) {
      guard cursor.byte?.isDigit != true else {
        throw cursor.problem("a number begins with 0 only where that is all before its point")
      }
    } else {
      try skipDigits()
    }
    if cursor.skip(UInt8(ascii: ".")) { try skipDigits() }
    if cursor.skip(UInt8(ascii: "e")) || cursor.skip(UInt8(ascii: "E")) {
      if !cursor.skip(UInt8(ascii: "+")) { _ = cursor.skip(UInt8(ascii: "-")) }
      try skipDigits()
    }
    return .number
  }

  private mutating func skipDigits() throws(JSONDocument.Problem) {
    guard cursor.byte?.isDigit == true else { throw cursor.problem("a digit is missing in this number") }
    while cursor.byte?.isDigit == true { cursor.index += 1 }
  }

  private mutating func readWord() throws(JSONDocument.Problem) -> JSONValue.Content {
    let words: [(StaticString, JSONValue.Content)] = [
      ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)),
    ]
    for (word, content) in words where cursor.skip(word: word) { return content }
    throw cursor.problemOfValue()
  }
}
