import Foundation
import TestSupport
import Testing

@testable import ServiceManifest

@Suite("A JSON text")
struct JSONDocumentTests {
  @Test(
    "is what RFC 8259 says it is",
    arguments: [
      "null", "true", " false ", "0", "-0", "-0.0", "1e5", "1E+5", "1.25e-300",
      "123456789012345678901234567890",
      "1e999999999", "\"\"", "\"\\u0041\\/\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\ud83d\\ude00\"", "\"caf\u{e9}\"",
      "\"\u{1f600}\"", "\"\u{7f}\"", "[]", "[ ]", "{}", "{ }", "[1,2]", "\t[1 ,\r\n2]\n", "{\"a\":1}",
      "{\"a\" : {\"b\":[{}]}}", "\"\\u0000\"", "{\"\":0}",
    ])
  func valid(text: String) throws {
    #expect(throws: Never.self) { try JSONDocument(parsing: Array(text.utf8)) }
  }

  @Test("says where it is none, and what to write", arguments: problems)
  func invalid(text: String, problem: String) throws {
    let bytes = Array(text.utf8)
    let error = try #require(throws: JSONDocument.Problem.self) { try JSONDocument(parsing: bytes) }
    let position = TextPosition(of: error.offset, in: bytes)
    let described = "\(position.line):\(position.column): \(error.message)"
    #expect(described.hasPrefix(problem), "\(described)")
  }

  static let problems: [(String, String)] = [
    ("", "1:1: the file is empty"), (" \n ", "2:2: the text ends where a value is missing"),
    ("\u{feff}{}", #"1:1: a byte order mark; remove it: sed -i '1s/^\xef\xbb\xbf//' FILE"#),
    ("{}x", "1:3: nothing may follow"), ("{}{}", "1:3: nothing may follow"),
    ("1 2", "1:3: nothing may follow"),
    ("{\"a\":1,}", "1:8: a trailing comma"), ("[1,]", "1:4: a trailing comma"),
    ("[,]", "1:2: a value is missing"),
    ("{,}", "1:2: a name in double quotes is expected here"),
    ("{\"a\":}", "1:6: a value is missing before this"),
    ("{\"a\" 1}", "1:6: a colon is missing before this"), ("{\"a\":1 \"b\":2}", "1:8: a comma is missing"),
    ("[1 2]", "1:4: a comma is missing before this"),
    ("{\"a\":1", "1:7: the text ends inside an object; a } is"),
    ("[1", "1:3: the text ends inside an array; a ] is missing"), ("[1}", "1:3: this array must end with ]"),
    ("{\"a\":1]", "1:7: this object must end with }"), ("{", "1:2: the text ends inside an object"),
    ("{\n  // why\n}", "2:3: JSON has no comments"), ("[1 /* x */]", "1:4: JSON has no comments"),
    ("# x", "1:1: JSON has no comments"), ("{'a':1}", "1:2: JSON has only double quotes"),
    ("['a']", "1:2: JSON has only double quotes"), ("{a:1}", "1:2: a name in double quotes is expected here"),
    ("hello", "1:1: not a JSON value"), ("True", "1:1: not a JSON value"),
    ("nullable", "1:1: not a JSON value"),
    ("NaN", "1:1: not a JSON value"), ("-Infinity", "1:2: a digit is missing"),
    ("+1", "1:1: not a JSON value"),
    ("01", "1:2: a number must not have leading zeros"), ("-01", "1:3: a number must not have leading zeros"),
    ("1.", "1:3: a digit is missing"), (".5", "1:1: not a JSON value"), ("1e", "1:3: a digit is missing"),
    ("1e+", "1:4: a digit is missing"), ("-", "1:2: a digit is missing"), ("0x10", "1:2: nothing may follow"),
    ("\"a", "1:1: the string that begins here is not closed"), ("\"a\\", "1:3: not a JSON escape"),
    ("\"a\nb\"", "1:3: a string must end on its line; write \\n"),
    ("\"a\tb\"", "1:3: a control character; use an escape"),
    ("\"a\u{1}b\"", "1:3: a control character"), ("\"\\x41\"", "1:2: not a JSON escape"),
    ("\"\\'\"", "1:2: not a JSON escape"), ("\"\\u12\"", "1:2: \\u needs four hexadecimal digits"),
    ("\"\\u12g4\"", "1:2: \\u needs four hexadecimal digits"),
    ("\"\\ud800\"", "1:2: half of a surrogate pair"),
    ("\"\\udc00\"", "1:2: half of a surrogate pair"), ("\"\\ud800\\ud800\"", "1:2: half of a surrogate pair"),
    ("\"\\ud800x\"", "1:2: half of a surrogate pair"),
    ("\"\\ud83d\\u0041\"", "1:2: half of a surrogate pair"),
    ("\"\\ud83d\\", "1:2: half of a surrogate pair"), ("caf\u{e9}", "1:1: not a JSON value"),
    ("{\u{e9}:1}", "1:2: not allowed outside of double quotes"), ("\u{a0}1", "1:1: not allowed"),
    ("[\n  1,\n  \u{201c}a\u{201d}\n]", "3:3: not allowed outside of double quotes"),
    (String(repeating: "[", count: 101), "1:101: more than 100 levels deep"),
    (String(repeating: "{\"a\":", count: 100_000), "1:501: more than 100 levels deep"),
  ]

  @Test("of bytes that are no UTF-8 says where", arguments: [0xff, 0xc0, 0xed, 0xf5, 0x80] as [UInt8])
  func notUTF8(byte: UInt8) throws {
    // A byte that begins nothing; an overlong form; a surrogate; beyond Unicode; the midst of a character.
    let bytes = Array("{\"caf\u{e9}\": \"ab".utf8) + [byte, 0xa0, 0x80] + Array("\"}".utf8)
    let error = try #require(throws: JSONDocument.Problem.self) { try JSONDocument(parsing: bytes) }
    #expect(error == JSONDocument.Problem(offset: 13, message: "not UTF-8; save it as UTF-8"))
    for text in [[0xff, 0xfe, 0x7b, 0], [0xfe, 0xff, 0, 0x7b], [0x7b, 0, 0x7d, 0]] as [[UInt8]] {
      let error = try #require(throws: JSONDocument.Problem.self) { try JSONDocument(parsing: text) }
      #expect(error.message == "not UTF-8; save it as UTF-8")
    }
  }

  @Test("keeps the place of everything in it")
  func places() throws {
    let text = #" {"a": [1.5, "x\u0041"], "caf\#u{e9}": {"b" : null}}"#
    let root = try JSONDocument(parsing: Array(text.utf8)).root
    func slice(_ range: Range<Int>) -> String { String(decoding: Array(text.utf8)[range], as: UTF8.self) }
    #expect(slice(root.range) == text.dropFirst())
    let member = try #require(root.member("a"))
    #expect(slice(member.nameRange) == "\"a\"" && slice(member.value.range) == #"[1.5, "x\u0041"]"#)
    guard case .array(let values) = member.value.content else { throw CancellationError() }
    #expect(values.map { slice($0.range) } == ["1.5", #""x\u0041""#] && values[1].string == "xA")
    #expect(slice(try #require(root.value(of: "caf\u{e9}")?.member("b")?.value.range)) == "null")
    #expect(root.value(of: "b") == nil)
  }

  @Test("has members by the bytes of their names, not by what looks the same")
  func names() throws {
    let root = try JSONDocument(parsing: Array("{\"\u{212a}ey\": 1, \"cafe\u{301}\": 2}".utf8)).root
    #expect(root.value(of: "Key") == nil && root.value(of: "caf\u{e9}") == nil)
    #expect(try JSONDocument(parsing: Array("{\"\u{e9}\":1,\"e\u{301}\":2}".utf8)).repeated.isEmpty)
  }

  @Test("names the members that stand twice in one object, escaped or not")
  func repeated() throws {
    let text = #"{"a": 1, "b": {"a": 2, "c": 0, "\u0061": 3}, "a": 4}"#
    let repeated = try JSONDocument(parsing: Array(text.utf8)).repeated
    #expect(repeated.map(\.nameRange.lowerBound) == [31, 45] && repeated.allSatisfy { $0.name == "a" })
  }

  @Test("with a million values and more is left alone, at once", .slow)
  func tooMany() throws {
    let bytes =
      Array("[".utf8) + Array(repeating: Array("0,".utf8), count: 1_000_000).joined() + Array("0]".utf8)
    let error = try #require(throws: JSONDocument.Problem.self) { try JSONDocument(parsing: bytes) }
    #expect(error.message.hasPrefix("more than 1000000 values"))
  }
}
