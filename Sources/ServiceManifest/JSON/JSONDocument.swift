import BearerAuth

/// A JSON text, parsed strictly, with the position of every value.
///
/// A parser of its own: that of FoundationEssentials keeps no positions, which edits that keep the format need.
package struct JSONDocument: Sendable {
  /// The value of the text.
  package let root: JSONValue
  /// Members with a duplicate name. By RFC 8259 section 4 each parser may choose which of them counts.
  package let repeated: [JSONMember]

  /// Why a text is not JSON, and what to write instead.
  package struct Problem: Error, Equatable, Sendable {
    /// The offset of the invalid byte, from 0; the length of the text if it ends too early.
    package let offset: Int
    /// A message for the author of the text.
    package let message: String
  }

  /// Parses one JSON value, surrounded by white space only.
  package init(parsing bytes: [UInt8]) throws(Problem) {
    var reader = JSONReader(bytes)
    root = try reader.readDocument()
    repeated = reader.repeated
  }
}

/// A value of a JSON text (RFC 8259), and its position.
package struct JSONValue: Sendable {
  /// The kinds of values.
  package enum Content: Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case boolean(Bool)
    /// Its digits are in the text; the value is not computed, because parsers differ in precision.
    case number
    /// Without quotes and escapes.
    case string(String)
    /// In order.
    case array([JSONValue])
    /// In order; names may be duplicate.
    case object([JSONMember])
  }

  /// The value.
  package let content: Content
  /// Its bytes in the text, including quotes and brackets.
  package let range: Range<Int>

  /// The text of a string.
  package var string: String? {
    if case .string(let text) = content { text } else { nil }
  }

  /// The members of an object.
  package var members: [JSONMember]? {
    if case .object(let members) = content { members } else { nil }
  }

  /// The first member of an object with this name, compared byte by byte: `==` would treat the Kelvin sign as a K.
  package func member(_ name: String) -> JSONMember? {
    members?.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The value of that member.
  package func value(of name: String) -> JSONValue? { member(name)?.value }

  /// `a string`, for messages.
  var kind: String {
    switch content {
    case .null: "null"
    case .boolean: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A member of an object.
package struct JSONMember: Sendable {
  /// Without quotes and escapes.
  package let name: String
  /// The name's bytes in the text, quotes included.
  package let nameRange: Range<Int>
  /// The value.
  package let value: JSONValue
}

/// Parses JSON exactly as in RFC 8259: no comments, no byte order mark, no unpaired surrogates.
struct JSONReader {
  private var cursor: JSONCursor
  private var valueCount = 0
  private(set) var repeated: [JSONMember] = []

  /// Deeper than any published file; the parser's stack allows ten times as much.
  static let maximumDepth = 100
  /// A hostile file of a megabyte may contain that many.
  static let maximumValues = 1_000_000

  init(_ bytes: [UInt8]) {
    cursor = JSONCursor(bytes)
  }

  mutating func readDocument() throws(JSONDocument.Problem) -> JSONValue {
    try cursor.checkBeginning()
    let value = try readValue(depth: 0)
    cursor.skipSpace()
    guard cursor.byte == nil else { throw cursor.problem("nothing may follow the value") }
    return value
  }

  private mutating func readValue(depth: Int) throws(JSONDocument.Problem) -> JSONValue {
    cursor.skipSpace()
    valueCount += 1
    guard valueCount <= JSONReader.maximumValues else {
      throw cursor.problem("more than \(JSONReader.maximumValues) values; not parsed")
    }
    guard depth < JSONReader.maximumDepth else {
      throw cursor.problem("more than \(JSONReader.maximumDepth) levels deep; not parsed")
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

  /// RFC 8259 section 6: of any length and precision.
  private mutating func readNumber() throws(JSONDocument.Problem) -> JSONValue.Content {
    _ = cursor.skip(UInt8(ascii: "-"))
    if cursor.skip(UInt8(ascii: "0")) {
      guard cursor.byte?.isDigit != true else {
        throw cursor.problem("a number must not have leading zeros")
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
