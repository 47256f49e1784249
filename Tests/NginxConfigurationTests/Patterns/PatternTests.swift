import TestSupport
import Testing

@testable import NginxConfiguration

@Suite("Regular expressions of locations")
struct PatternTests {
  private let work = Work()

  @Test(
    "match as PCRE does",
    arguments: [
      (#"\.php$"#, "/a.php", true), (#"\.php$"#, "/a.php/x", false), ("^/api", "/api/x", true),
      ("^/api", "/x/api", false),
      ("/(a|b)+c", "/ababc", true), ("^/[a-c]{2,3}$", "/abc", true), ("^/[a-c]{2,3}$", "/abca", false),
      ("^/x(?:y|z)?$", "/x", true), (#"^/\d+$"#, "/12", true), (#"^/[^/]+\.css$"#, "/a/b.css", false),
      ("a.c", "/abc", true),
      (#"^/(?<name>\w+)$"#, "/ab", true), ("", "/", true), ("^/a{0}b$", "/b", true), ("(?i)^/A", "/a", true),
      (#"^/[]x]$"#, "/]", true), (#"^/[a\-c]$"#, "/-", true), ("(a*)*b", "/aab", true),
    ])
  func matches(pattern: String, text: String, isMatch: Bool) {
    #expect(Pattern(pattern).matches(Array(text.utf8), work) == (isMatch ? .yes : .no))
  }

  @Test("ignore case if told so")
  func ignoringCase() {
    #expect(Pattern("^/a[b-c]$", ignoringCase: true).matches(Array("/AC".utf8), work) == .yes)
    #expect(Pattern("^/a", ignoringCase: false).matches(Array("/A".utf8), work) == .no)
  }

  @Test(
    "know whether a text below a prefix can match, with an example",
    arguments: [
      (#"\.php$"#, "/private/", "/private/.php"), ("^/priv", "/private/", "/private/"),
      ("^/public/", "/private/", nil),
      (#"^/(private|x)/.+\.css$"#, "/private/", "/private/a.css"), ("^/$", "/private/", nil),
      ("x", "/p", "/px"),
      (#"^/[^/]+$"#, "/private/", nil),
    ])
  func below(pattern: String, prefix: String, example: String?) {
    let found = Pattern(pattern).canMatch(prefix: Array(prefix.utf8), work)
    #expect(found.answer == (example == nil ? .no : .yes))
    if let example { #expect(String(decoding: found.example, as: UTF8.self) == example) }
  }

  @Test(
    "are not judged if they are beyond this reading",
    arguments: [#"(a)\1"#, #"\p{L}"#, "(?>a)", "[[:alpha:]]", "(", "*"])
  func unknown(pattern: String) {
    #expect(Pattern(pattern).matches(Array("/a".utf8), work) == .unknown)
  }

  @Test("with lookaround can only be denied for sure")
  func lookaround() {
    #expect(Pattern("^/(?!private)").matches(Array("/private".utf8), work) == .unknown)
    #expect(Pattern("^/x(?!private)").matches(Array("/private".utf8), work) == .no)
  }

  @Test("take bounded time and memory", .bodyTimeLimit(minutes: 1))
  func bounds() {
    let long = Array((String(repeating: "a", count: 5000) + "!").utf8)
    #expect(Pattern("(a+)+$").matches(long, work) == .no)
    #expect(Pattern("((a{1000}){1000}){1000}").matches(long, work) == .unknown)
    let little = Work(limit: 10)
    #expect(Pattern("(a|b)*c").matches(long, little) == .unknown && little.isExhausted)
  }
}
