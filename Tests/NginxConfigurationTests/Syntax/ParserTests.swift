import Testing

@testable import NginxConfiguration

@Suite("The parser of nginx's configuration")
struct ParserTests {
  /// A directive in parentheses, its block in braces.
  private func shape(_ directives: [Directive]) -> String {
    directives.map { directive in
      let words = ([directive.name] + directive.arguments).joined(separator: "|")
      return "(\(words)\(directive.block.map { " {\(shape($0))}" } ?? ""))"
    }.joined()
  }

  private func parse(_ text: String) throws -> [Directive] {
    let bytes = Array(text.utf8)
    let source = SourceFile(name: "x.conf", range: 0..<bytes.count)
    return try Parser.parse(bytes, source, file: 0).directives
  }

  @Test(
    "cuts words, quotes, escapes, variables and comments as nginx does",
    arguments: [
      ("a b;c;", "(a|b)(c)"),
      ("a\r\n\tb # c; }\r\n ;", "(a|b)"),
      (#"a "b c" 'd;{e' ;"#, "(a|b c|d;{e)"),
      (#"a "b\"c" 'd\'e' f\"g;"#, #"(a|b"c|d'e|f"g)"#),
      (#"a b\;c d\{e \ f;"#, #"(a|b\;c|d\{e|\ f)"#),
      (#"a "\n\t\r\\\d";"#, "(a|\n\t\r\\\\d)"),
      ("a ${b}c$d{e;}", "(a|${b}c$d {(e)})"),
      ("a b#c d}e;", "(a|b#c|d}e)"),
      ("a{b{}c 1;}", "(a {(b {})(c|1)})"),
      (#"if ($a ~ "x") { b; }"#, "(if|($a|~|x|) {(b)})"),
      (#""quoted name" x;"#, "(quoted name|x)"),
      ("\u{FEFF}a;", "(a)"),
      ("a 'two\nlines';", "(a|two\nlines)"),
      ("map $a $b { \"~^x{2}\" 1; default 0; }", "(map|$a|$b {(~^x{2}|1)(default|0)})"),
    ])
  func words(text: String, expected: String) throws {
    #expect(shape(try parse(text)) == expected)
  }

  @Test(
    "passes over Lua with its own strings, comments and braces",
    arguments: [
      "content_by_lua_block { ngx.say('}') }",
      "content_by_lua_block { local a = {1, {2}} }",
      "content_by_lua_block { -- }\n }",
      "content_by_lua_block { --[[ } \n } ]] }",
      "content_by_lua_block { local a = [==[ } ]] } ]==] }",
      #"content_by_lua_block { local a = "\"}" }"#,
      "set_by_lua_block $a { return a[b[1]] }",
    ])
  func lua(text: String) throws {
    let directives = try parse("\(text) after 1;")
    #expect(directives.map(\.name).last == "after" && directives.count == 2)
  }

  @Test(
    "says where a text is not one of nginx",
    arguments: [
      ("a", 1, "must end with"), ("a b\nc", 1, "must end with"), ("a {\n b;\n", 3, "not closed"),
      ("\n}", 2, "unexpected }"),
      (";", 1, "unexpected ;"), ("\n\n{", 3, "unexpected {"), ("a }", 1, "unexpected }"),
      ("a\n\"b", 2, "not closed"),
      ("a \"b\"c;", 1, "after the quoted word"), ("a\n\0;", 2, "NUL"), ("a \"\n\0\";", 2, "NUL"),
      ("x_by_lua_block {\n\n ", 1, "Lua"),
    ])
  func errors(text: String, line: Int, message: String) {
    do {
      _ = try parse(text)
      Issue.record("parsed: \(text)")
    } catch let error as ConfigurationError {
      #expect(error.line == line, "\(error)")
      #expect(error.file == "x.conf" && error.message.contains(message), "\(error)")
    } catch {
      Issue.record(error)
    }
  }

  @Test("places each directive at the line of its name, whatever its words span")
  func places() throws {
    let directives = try parse("a\n 1\n 2;\r\nb 'x\ny' z;\n# c\nd {\n e; }\nf g\\\nh; i;\n")
    #expect(directives.map(\.place.line) == [1, 4, 7, 9, 10])
    #expect(directives[2].block?.map(\.place.line) == [8])
  }

  @Test("refuses what is nested too deep, without a crash")
  func depth() throws {
    _ = try parse(String(repeating: "a {", count: 100) + String(repeating: "}", count: 100))
    #expect(throws: ConfigurationError.self) { try parse(String(repeating: "a {", count: 1_000_000)) }
  }

  @Test("reads comments that allow findings, behind a directive or above it")
  func suppressions() throws {
    let text =
      "a; # bearerd: allow one, two\n# bearerd: allow three\n\n# other\n# bearerd: allow four\nb\n c; # bearerd: allow five\n"
    let bytes = Array(text.utf8)
    let found = try Parser.parse(bytes, SourceFile(name: "x", range: 0..<bytes.count), file: 0).suppressions
    let expected = [("one", 1), ("two", 1), ("three", 6), ("four", 6), ("five", 6), ("five", 7)]
    #expect(Set(found.map { "\($0.name) \($0.place.line)" }) == Set(expected.map { "\($0.0) \($0.1)" }))
  }
}
