import BearerAuth

/// A whole JSON text, read strictly, with the place of everything in it.
///
/// A reader of our own: FoundationEssentials' keeps no positions, and an edit that keeps the format needs them.
package struct JSONDocument: Sendable {
  /// The value that the text is.
  package let root: JSONValue
  /// Members whose name stood in the same object before. RFC 8259 section 4 lets every reader choose which counts.
  package let repeated: [JSONMember]

  /// Where a text is no JSON, and what to write instead.
  package struct Problem: Error, Equatable, Sendable {
    /// The byte that cannot stand there, from 0; the length of the text where it ends too soon.
    package let offset: Int
    /// For the one who wrote it.
    package let message: String
  }

  /// Reads one JSON value with nothing around it but white space.
  package init(parsing bytes: [UInt8]) throws(Problem) {
    var reader = JSONReader(bytes)
    root = try reader.readDocument()
    repeated = reader.repeated
  }
}

/// A value of a JSON text (RFC 8259), and where it stands.
package struct JSONValue: Sendable {
  /// What it is.
  package enum Content: Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case boolean(Bool)
    /// Its digits are in the text: what they are worth differs from reader to reader, and nobody asks here.
    case number
    /// Without quotes and escapes.
    case string(String)
    /// In order.
    case array([JSONValue])
    /// In order; a name may stand there twice.
    case object([JSONMember])
  }

  /// What it is.
  package let content: Content
  /// Its bytes in the text, quotes and brackets included.
  package let range: Range<Int>

  /// The text of a string.
  package var string: String? {
    if case .string(let text) = content { text } else { nil }
  }

  /// The members of an object.
  package var members: [JSONMember]? {
    if case .object(let members) = content { members } else { nil }
  }

  /// The first member of an object with this name, compared byte by byte: `==` would take the Kelvin sign for a K.
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

/// A name and a value of an object.
package struct JSONMember: Sendable {
  /// Without quotes and escapes.
  package let name: String
  /// The name's bytes in the text, quotes included.
  package let nameRange: Range<Int>
  /// What it names.
  package let value: JSONValue
}

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
