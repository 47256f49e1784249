/// Parses one file as a tree; includes are kept as directives.
struct Parser {
  private var lexer: Lexer
  private let file: Int
  private var count = 0

  /// - Parameter file: the index of the source, for places.
  static func parse(_ bytes: [UInt8], _ source: SourceFile, file: Int) throws(ConfigurationError) -> (
    directives: [Directive], suppressions: [Suppression]
  ) {
    var parser = Parser(lexer: Lexer(bytes, source, file: file), file: file)
    let directives = try parser.block(depth: 0)
    return (directives, parser.lexer.suppressions)
  }

  private init(lexer: Lexer, file: Int) {
    self.lexer = lexer
    self.file = file
  }

  /// Directives up to the end of the file or of the current block.
  private mutating func block(depth: Int) throws(ConfigurationError) -> [Directive] {
    guard depth <= Limits.depth else { throw lexer.error("more than \(Limits.depth) nested blocks") }
    let openLine = lexer.line
    var directives: [Directive] = []
    while true {
      switch try lexer.next() {
      case .word(let name): directives.append(try directive(name, depth: depth))
      case .close:
        guard depth > 0 else { throw lexer.error("unexpected }") }
        return directives
      case .end:
        guard depth == 0 else { throw lexer.error("the block of line \(openLine) is not closed with }") }
        return directives
      case .semicolon: throw lexer.error("unexpected ;")
      case .open: throw lexer.error("unexpected {")
      }
    }
  }

  private mutating func directive(_ name: String, depth: Int) throws(ConfigurationError) -> Directive {
    count += 1
    guard count <= Limits.directives else { throw lexer.error("more than \(Limits.directives) directives") }
    let place = Place(file: file, line: lexer.line)
    var arguments: [String] = []
    while true {
      switch try lexer.next() {
      case .word(let word): arguments.append(word)
      case .semicolon: return Directive(name: name, arguments: arguments, block: nil, place: place)
      case .open where name.hasSuffix("_by_lua_block"):
        try lexer.skipLuaBlock()
        return Directive(name: name, arguments: arguments, block: [], place: place)
      case .open:
        let block = try block(depth: depth + 1)
        return Directive(name: name, arguments: arguments, block: block, place: place)
      case .close: throw lexer.error("unexpected }: a semicolon is missing before it")
      case .end:
        throw lexer.error("a directive must end with ; or { (line \(place.line))", line: place.line)
      }
    }
  }
}

/// Lua code in a `*_by_lua_block`: parsed only to find its closing brace.
struct LuaCode {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  /// The length up to and including the brace that closes the block; nil if there is none.
  mutating func lengthOfBlock() -> Int? {
    var depth = 1
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return index - bytes.startIndex }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
      case UInt8(ascii: "["):
        if let level = longBracketLevel() { skipLong(level) }
      case UInt8(ascii: "-") where peek == UInt8(ascii: "-"): skipComment()
      default: break
      }
    }
    return nil
  }

  private var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  private mutating func skipString(_ quote: UInt8) {
    while let byte = peek {
      index += byte == UInt8(ascii: "\\") ? 2 : 1
      // A string ends at a line end; an unclosed one must not hide the rest.
      if byte == quote || byte == UInt8(ascii: "\n") { return }
    }
  }

  private mutating func skipComment() {
    index += 1
    if peek == UInt8(ascii: "[") {
      index += 1
      if let level = longBracketLevel() { return skipLong(level) }
    }
    while let byte = peek, byte != UInt8(ascii: "\n") { index += 1 }
  }

  /// The number of `=` in `[==[`, whose first bracket was read; nil for another bracket.
  private mutating func longBracketLevel() -> Int? {
    var end = index
    while end < bytes.endIndex, bytes[end] == UInt8(ascii: "=") { end += 1 }
    guard end < bytes.endIndex, bytes[end] == UInt8(ascii: "[") else { return nil }
    defer { index = end + 1 }
    return end - index
  }

  /// Skips the text up to `]==]`.
  private mutating func skipLong(_ level: Int) {
    while index < bytes.endIndex {
      guard bytes[index] == UInt8(ascii: "]") else {
        index += 1
        continue
      }
      var end = index + 1
      while end < bytes.endIndex, bytes[end] == UInt8(ascii: "=") { end += 1 }
      let isClosing = end < bytes.endIndex && bytes[end] == UInt8(ascii: "]") && end - index - 1 == level
      index = isClosing ? end + 1 : end
      if isClosing { return }
    }
  }
}
