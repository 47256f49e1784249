/// Reads one file as a tree; includes stay as they are.
struct Parser {
  private var lexer: Lexer
  private let file: Int
  private var count = 0

  /// - Parameter file: the index of the source, for places.
  static func parse(_ bytes: [UInt8], _ source: SourceFile, file: Int) throws(ConfigurationError) -> (
    directives: [Directive], allowances: [Allowance]
  ) {
    var parser = Parser(lexer: Lexer(bytes, source, file: file), file: file)
    let directives = try parser.block(depth: 0)
    return (directives, parser.lexer.allowances)
  }

  private init(lexer: Lexer, file: Int) {
    self.lexer = lexer
    self.file = file
  }

  /// Directives up to the end of the file, or of the block that was opened.
  private mutating func block(depth: Int) throws(ConfigurationError) -> [Directive] {
    guard depth <= Limits.depth else { throw lexer.error("more than \(Limits.depth) blocks in each other") }
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
        throw lexer.error("a directive is not ended with ; or { (of line \(place.line))", line: place.line)
      }
    }
  }
}
