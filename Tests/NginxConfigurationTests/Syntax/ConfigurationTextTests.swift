import TestSupport
import Testing

@testable import NginxConfiguration

@Suite("The text of nginx -T")
struct ConfigurationTextTests {
  private func dump(_ files: [(String, String)]) -> String {
    files.map { "# configuration file \($0.0):\n\($0.1)\n" }.joined()
  }

  private func names(_ text: String) throws -> [String] {
    let configuration = try ConfigurationText(parsing: Array(text.utf8), name: "given")
    return configuration.directives.flatMap { [$0] + ($0.block ?? []) }.map {
      "\($0.name) \(configuration.description(of: $0.place))"
    }
  }

  @Test("puts each file where it is included, and keeps its name and lines")
  func includes() throws {
    let text = dump([
      ("/etc/nginx/nginx.conf", "http {\n  include sites/*.conf;\n  include snippets/x;\n}"),
      ("/etc/nginx/sites/b.conf", "\nserver {}"), ("/etc/nginx/sites/a.conf", "map $a $b {}"),
      ("/etc/nginx/sites/deep/c.conf", "no 1;"), ("/etc/nginx/sites/.hidden.conf", "no 1;"),
      ("/etc/nginx/snippets/x", "x;"),
    ])
    #expect(
      try names(text) == [
        "http /etc/nginx/nginx.conf:1", "map /etc/nginx/sites/a.conf:1", "server /etc/nginx/sites/b.conf:2",
        "x /etc/nginx/snippets/x:1",
      ])
  }

  @Test("passes over what nginx itself says before the first file")
  func chatter() throws {
    let text =
      "nginx: the configuration file /x syntax is ok\nnginx: test is successful\n" + dump([("/x", "http {}")])
    #expect(try names(text) == ["http /x:1"])
  }

  @Test("takes a file of its own, and knows which includes it has not")
  func single() throws {
    let text = try ConfigurationText("http {\n include a.conf;\n include b/*;\n}")
    #expect(text.files == ["nginx.conf"] && text.unresolved.map(\.place.line) == [2, 3])
    let full = try ConfigurationText(
      parsing: Array(dump([("/x", "http { include none/*; }")]).utf8), name: "given")
    #expect(full.unresolved.isEmpty)
  }

  @Test(
    "refuses what includes itself, without end or too often",
    arguments: [
      [("/a", "http { include /a; }")],
      [("/a", "http { include /b; }"), ("/b", "include /c;"), ("/c", "include /b;")],
      [
        ("/0", "http {}\n" + String(repeating: "include /1;", count: 1000)),
        ("/1", String(repeating: "x;", count: 1000)),
      ],
    ])
  func loops(files: [(String, String)]) {
    #expect(throws: ConfigurationError.self) {
      try ConfigurationText(parsing: Array(dump(files).utf8), name: "given")
    }
  }

  @Test("refuses files that include each other in a growing number", .slow)
  func growth() {
    let files =
      [("/0", "http {} include /1; include /1;")]
      + (1..<40).map { ("/\($0)", "include /\($0 + 1); include /\($0 + 1);") } + [("/40", "x;")]
    #expect(throws: ConfigurationError.self) {
      try ConfigurationText(parsing: Array(dump(files).utf8), name: "given")
    }
  }

  @Test(
    "refuses what is not a configuration of nginx, by name", arguments: ["", "a;", "<html>;", "{\"a\": 1}"])
  func others(text: String) {
    #expect(throws: ConfigurationError.self) { try ConfigurationText(text) }
  }

  @Test("refuses more than its limit of bytes and of directives")
  func limits() {
    let large = [UInt8](repeating: UInt8(ascii: "#"), count: (64 << 20) + 1)
    #expect(throws: ConfigurationError.self) { try ConfigurationText(parsing: large, name: "x") }
    #expect(throws: ConfigurationError.self) {
      try ConfigurationText(String(repeating: "a;", count: 600_000))
    }
  }

  @Test(
    "matches patterns of files as glob does",
    arguments: [
      ("/a/*", "/a/b", true), ("/a/*", "/a/b/c", false), ("/a/*.conf", "/a/b.conf", true),
      ("/a/*.conf", "/a/.conf", false),
      ("/a/?", "/a/b", true), ("/a/?", "/a/", false), ("/a/[bc]x", "/a/cx", true),
      ("/a/[!b]x", "/a/bx", false),
      ("/a/[a-c]*", "/a/bxx", true), ("/*/x", "/a/x", true), ("/*/*/x", "/a/b/x", true),
      ("/a/*b*c", "/a/xbxxc", true),
      ("/a/*b*c", "/a/xbxx", false), ("/a/[", "/a/[", false),
    ])
  func globs(pattern: String, name: String, matches: Bool) {
    #expect(Glob(pattern).matches(name) == matches)
  }
}
