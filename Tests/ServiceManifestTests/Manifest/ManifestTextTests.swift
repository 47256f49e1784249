import BearerAuth
import ServiceManifest
import Testing

@Suite("An edit of a manifest")
struct ManifestTextTests {
  /// What a manifest's `auth` is before, what is done, and what it is then; all around it stays.
  static let edits: [(before: String, edit: ManifestEdit, after: String)] = [
    (
      #""verification_tokens": {"openai": "old"}"#, .set("openai", "new"),
      #""verification_tokens": {"openai": "new"}"#
    ),
    (
      #""verification_tokens": {"openai": "old"}"#, .set("ci", "new"),
      #""verification_tokens": {"openai": "old", "ci": "new"}"#
    ),
    (
      #""verification_tokens":{"openai":"old"}"#, .set("ci", "new"),
      #""verification_tokens":{"openai":"old", "ci":"new"}"#
    ),
    (
      #""verification_tokens": { "a": "1","b": "2" }"#, .set("ci", "new"),
      #""verification_tokens": { "a": "1","b": "2","ci": "new" }"#
    ),
    (
      "\"verification_tokens\": {\n      \"openai\" : \"old\"\n    }", .set("ci", "new"),
      "\"verification_tokens\": {\n      \"openai\" : \"old\",\n      \"ci\" : \"new\"\n    }"
    ),
    (
      "\"verification_tokens\": {\r\n\t\t\t\"a\": \"1\",\r\n\t\t\t\"b\": 2\r\n\t\t}", .set("b", "new"),
      "\"verification_tokens\": {\r\n\t\t\t\"a\": \"1\",\r\n\t\t\t\"b\": \"new\"\r\n\t\t}"
    ),
    (#""verification_tokens": {}"#, .set("ci", "new"), #""verification_tokens": {"ci": "new"}"#),
    (
      "\n    \"verification_tokens\": {}", .set("ci", "new"),
      "\n    \"verification_tokens\": {\n      \"ci\": \"new\"\n    }"
    ),
    (
      "\r\n\t\t\"verification_tokens\": { }", .set("ci", "new"),
      "\r\n\t\t\"verification_tokens\": {\r\n\t\t\t\"ci\": \"new\"\r\n\t\t}"
    ),
    (#""scope": """#, .set("ci", "new"), #""scope": "","verification_tokens": {"ci": "new"}"#),
    (
      #""verification_tokens": {"openai": "new"}"#, .set("openai", "new"),
      #""verification_tokens": {"openai": "new"}"#
    ),
    (#""verification_tokens": {"openai": "old"}"#, .remove("openai"), #""verification_tokens": {}"#),
    (
      #""verification_tokens": {"a": "1", "b": "2", "c": "3"}"#, .remove("a"),
      #""verification_tokens": {"b": "2", "c": "3"}"#
    ),
    (
      "\"verification_tokens\": {\n  \"a\": \"1\",\n  \"b\": \"2\",\n  \"c\": \"3\"\n}", .remove("b"),
      "\"verification_tokens\": {\n  \"a\": \"1\",\n  \"c\": \"3\"\n}"
    ),
    (
      #""verification_tokens": {"a": "1", "b": "2" }"#, .remove("b"), #""verification_tokens": {"a": "1" }"#
    ),
  ]

  @Test("changes one application's token, and keeps order, spacing and line ends", arguments: edits)
  func change(before: String, edit: ManifestEdit, after: String) throws {
    func manifest(_ tokens: String) -> [UInt8] {
      Array(
        "\u{9}{ \"x\": [1, 2 ],\r\n \"auth\": { \"type\": \"service_http\",\(tokens) }, \"y\": \"\\u00e9\" } \n"
          .utf8)
    }
    var text = ManifestText(manifest(before), name: "m")
    switch edit {
    case .set(let application, let value):
      _ = try text.setVerificationToken(value, of: try #require(ApplicationName(application)))
    case .remove(let application):
      #expect(try text.removeVerificationToken(of: try #require(ApplicationName(application))))
    }
    #expect(String(decoding: text.bytes, as: UTF8.self) == String(decoding: manifest(after), as: UTF8.self))
  }

  @Test("says what stood there before")
  func before() throws {
    var text = ManifestText(Array(soundManifest.utf8), name: "m")
    let openai = try #require(ApplicationName("openai"))
    let ci = try #require(ApplicationName("ci"))
    #expect(try text.setVerificationToken("new", of: openai) == .different)
    #expect(try text.setVerificationToken("new", of: openai) == .same)
    #expect(try text.setVerificationToken("new", of: ci) == .absent)
    #expect(try text.removeVerificationToken(of: ci))
    #expect(try !text.removeVerificationToken(of: ci))
    #expect(ManifestCheck(of: text.bytes, name: "m").findings.isEmpty)
  }

  @Test(
    "of what is no manifest that asks for tokens is refused",
    arguments: [
      ("{", "m:1:2: error: the text ends inside an object"),
      ("[]", "m:1:1: error: \"auth\" with its \"type\" is missing"),
      ("{\"auth\": {}}", "m:1:1: error: \"auth\" with its \"type\" is missing"),
      ("{\"auth\": {\"type\": \"none\"}}", "m:1:19: error: only \"service_http\" and \"oauth\" have"),
      (
        "{\"auth\": {\"type\": \"service_http\", \"verification_tokens\": []}}",
        "m:1:58: error: \"verification_tokens\" must be an object, not an array"
      ),
      (
        "{\"auth\": {\"type\": \"service_http\", \"type\": \"oauth\"}}",
        "m:1:35: error: duplicate name"
      ),
    ])
  func refused(manifest: String, problem: String) throws {
    var text = ManifestText(Array(manifest.utf8), name: "m")
    let openai = try #require(ApplicationName("openai"))
    let error = try #require(throws: Finding.self) { try text.setVerificationToken("x", of: openai) }
    #expect(error.description.hasPrefix(problem), "\(error)")
    #expect(text.bytes == Array(manifest.utf8))
  }

  @Test(
    "takes only what needs no escape",
    arguments: [
      ("abc123", true), ("a-b_c.d~e+/f==", true), ("a:b;c'd", true), ("", false), ("a b", false),
      ("a\"b", false),
      ("a\\b", false), ("a\nb", false), ("caf\u{e9}", false), ("\u{7f}", false),
    ])
  func plain(value: String, isPlain: Bool) {
    #expect(ManifestText.isPlain(value) == isPlain)
  }
}

enum ManifestEdit: Sendable {
  case set(String, String)
  case remove(String)
}
