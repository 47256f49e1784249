/// Splits a file into words, semicolons and braces, like ngx_conf_file.c.
///
/// It works on bytes: in a Swift String, CR LF is one Character.
struct Lexer {
  enum Token: Equatable {
    case word(String)
    case semicolon, open, close, end
  }

  private let bytes: [UInt8]
  private let end: Int
  private let file: Int
  private let fileName: String
  private var index: Int
  /// The line of the first byte of the last token.
  private(set) var line = 1
  /// The line of the index.
  private var currentLine = 1
  /// The line of the first word of the current directive.
  private var statementLine = 0
  private var isStatementStart = true
  private var lastTokenLine = 0
  private(set) var suppressions: [Suppression] = []
  /// Names of suppressing comments on a line without a directive: they apply to the next one.
  private var pending: [String] = []

  init(_ bytes: [UInt8], _ source: SourceFile, file: Int) {
    self.bytes = bytes
    self.file = file
    fileName = source.name
    end = source.range.upperBound
    index = source.range.lowerBound
    if bytes[source.range].starts(with: [0xEF, 0xBB, 0xBF]) { index += 3 }
  }

  /// The next token.
  mutating func next() throws(ConfigurationError) -> Token {
    skipSpace()
    guard index < end else { return .end }
    line = currentLine
    lastTokenLine = line
    if isStatementStart { statementLine = line }
    if !pending.isEmpty {
      suppressions += pending.map { Suppression(name: $0, place: Place(file: file, line: line)) }
      pending = []
    }
    isStatementStart = true
    switch bytes[index] {
    case UInt8(ascii: ";"):
      index += 1
      return .semicolon
    case UInt8(ascii: "{"):
      index += 1
      return .open
    case UInt8(ascii: "}"):
      index += 1
      return .close
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      isStatementStart = false
      return .word(try quotedWord())
    default:
      isStatementStart = false
      return .word(try plainWord())
    }
  }

  /// Skips the Lua code of a block after its `{`, and its `}`.
  mutating func skipLuaBlock() throws(ConfigurationError) {
    var code = LuaCode(bytes[index..<end])
    guard let length = code.lengthOfBlock() else { throw error("the Lua block is not closed with }") }
    for byte in bytes[index..<index + length] where byte == UInt8(ascii: "\n") { currentLine += 1 }
    index += length
  }

  func error(_ message: String, line: Int? = nil) -> ConfigurationError {
    ConfigurationError(file: fileName, line: line ?? currentLine, message: message)
  }

  private mutating func skipSpace() {
    while index < end {
      switch bytes[index] {
      case UInt8(ascii: "\n"):
        currentLine += 1
        index += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): index += 1
      case UInt8(ascii: "#"): skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() {
    let start = index
    while index < end, bytes[index] != UInt8(ascii: "\n") { index += 1 }
    let names = Suppression.names(in: bytes[start..<index])
    guard !names.isEmpty else { return }
    guard lastTokenLine == currentLine else { return pending += names }
    // After a directive of several lines: findings have its first line.
    for line in Set([currentLine, statementLine]) {
      suppressions += names.map { Suppression(name: $0, place: Place(file: file, line: line)) }
    }
  }

  private mutating func quotedWord() throws(ConfigurationError) -> String {
    let quote = bytes[index]
    var word: [UInt8] = []
    index += 1
    while index < end, bytes[index] != quote { try appendNext(to: &word) }
    guard index < end else { throw error("the quoted word is not closed", line: line) }
    index += 1
    if index < end {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: ";"),
        UInt8(ascii: "{"), UInt8(ascii: ")"):
        break
      default: throw error("a space or a semicolon is missing after the quoted word")
      }
    }
    return String(decoding: word, as: UTF8.self)
  }

  private mutating func plainWord() throws(ConfigurationError) -> String {
    var word: [UInt8] = []
    var isVariable = false
    scan: while index < end {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: ";"):
        break scan
      case UInt8(ascii: "{") where !isVariable: break scan
      case let byte:
        isVariable = byte == UInt8(ascii: "$")
        try appendNext(to: &word)
      }
    }
    return String(decoding: word, as: UTF8.self)
  }

  /// Appends the byte at the index, or the character of an escape. A byte after a backslash does not end the word.
  private mutating func appendNext(to word: inout [UInt8]) throws(ConfigurationError) {
    let byte = try nextByte()
    guard byte == UInt8(ascii: "\\"), index < end else { return word.append(byte) }
    let escaped = try nextByte()
    switch escaped {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): word.append(escaped)
    case UInt8(ascii: "t"): word.append(UInt8(ascii: "\t"))
    case UInt8(ascii: "r"): word.append(UInt8(ascii: "\r"))
    case UInt8(ascii: "n"): word.append(UInt8(ascii: "\n"))
    default: word += [byte, escaped]
    }
  }

  private mutating func nextByte() throws(ConfigurationError) -> UInt8 {
    let byte = bytes[index]
    guard byte != 0 else { throw error("a NUL byte: this is not a text file") }
    if byte == UInt8(ascii: "\n") { currentLine += 1 }
    index += 1
    return byte
  }
}
