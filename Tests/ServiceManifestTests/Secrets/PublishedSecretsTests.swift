import BearerAuth
import TestSupport
import Testing

@testable import ServiceManifest

@Suite("A published secret")
struct PublishedSecretsTests {
  static let secret = "brd_00000000000000000000000000000000000000000002CZclj"
  static let imported = "dG8tZG8+bGlz/dCBmb3I_YWxs.b3Vy~c2VydmljZXM="

  /// Where a token may stand; TOKEN is one, and its first byte is at the place.
  static let places: [(text: String, place: String)] = [
    ("TOKEN", "1:1"), ("\"TOKEN\"", "1:2"), ("{\"a\": \"TOKEN\"}", "1:8"), ("{\"TOKEN\": 1}", "1:3"),
    ("{\"d\": \"call it\\nwith Bearer TOKEN, please\"}", "1:29"),
    ("https://example.com/?key=TOKEN&x=y", "1:26"),
    ("https://example.com/TOKEN/x", "1:21"), ("https://example.com/x.TOKEN.y", "1:23"), ("a-TOKEN", "1:3"),
    ("TOKEN-a", "1:1"), ("TOKEN/", "1:1"), ("/TOKEN", "1:2"), ("_TOKEN_", "1:2"), ("--TOKEN--", "1:3"),
    ("openapi: 3.0.0\n# TOKEN\n", "2:3"), ("x: 'TOKEN'\r\n", "1:5"), ("x: [a,TOKEN,b]", "1:7"),
    ("<text>TOKEN</text>", "1:7"), ("X-Debug: token=TOKEN; path=/", "1:16"), ("user:TOKEN@host", "1:6"),
    ("caf\u{e9}\u{2013}TOKEN\u{2013}", "1:9"), ("\nx\n  TOKEN\n", "3:3"), ("%20TOKEN%20", "1:4"),
    ("a=b&c=d&e=TOKEN", "1:11"),
  ]

  @Test("is found wherever it stands", arguments: places, [secret, imported])
  func place(in text: (text: String, place: String), secret: String) throws {
    let search = try PublishedSecrets(policy(("ci", secret)), at: Instant(seconds: 0))
    let (text, place) = text
    let bytes = Array(text.replacing("TOKEN", with: secret).utf8)
    let findings = try search.findings(in: bytes, of: "f")
    #expect(findings.count == 1, "\(findings)")
    let expected =
      "f:\(place): error: a live token of ci k1 is public here; remove it, "
    #expect(findings.first?.description.hasPrefix(expected) == true, "\(findings)")
    #expect(
      findings.first?.description.hasSuffix("expire it with `bearerd token rotate ci --key k1 --keep 0`")
        == true
    )
    #expect(try PublishedSecrets.contains(digest(of: secret), in: bytes))
  }

  @Test(
    "is found in another spelling",
    arguments: [
      #"{"a": "\u0062rd_00000000000000000000000000000000000000000002CZclj"}"#,
      #"{"a": "brd\u005F00000000000000000000000000000000000000000002CZclj"}"#,
      #"a: "\x62rd_00000000000000000000000000000000000000000002CZclj""#,
      "https://example.com/?t=brd%5f00000000000000000000000000000000000000000002CZcl%6a",
      #"{"a": "https:\/\/example.com\/?t=brd%5F00000000000000000000000000000000000000000002CZclj"}"#,
      "xbrd_00000000000000000000000000000000000000000002CZclj0x",
    ])
  func spelling(text: String) throws {
    let search = try PublishedSecrets(policy(("ci", PublishedSecretsTests.secret)), at: Instant(seconds: 0))
    #expect(try search.findings(in: Array(text.utf8), of: "f").count == 1)
  }

  @Test("with escaped slashes is found, at its first byte")
  func slashes() throws {
    let search = try PublishedSecrets(policy(("ci", PublishedSecretsTests.imported)), at: Instant(seconds: 0))
    let text = #"{"a\n": "x\/\/dG8tZG8+bGlz\/dCBmb3I_YWxs.b3Vy~c2VydmljZXM="}"#
    let findings = try search.findings(in: Array(text.utf8), of: "f")
    #expect(findings.map { $0.position?.column } == [15])
  }

  @Test("is no other text", arguments: places)
  func absent(text: String, place: String) throws {
    let search = try PublishedSecrets(policy(("ci", PublishedSecretsTests.secret)), at: Instant(seconds: 0))
    for other in [
      "x", "brd_00000000000000000000000000000000000000000003CZclj",
      "BRD_0000000000000000000000000000000000000000000",
    ] {
      #expect(try search.findings(in: Array(text.replacing("TOKEN", with: other).utf8), of: "f").isEmpty)
    }
  }

  @Test("need not be known: its shape is enough, where the checksum is right")
  func shape() throws {
    let search = try PublishedSecrets(.empty, at: Instant(seconds: 0))
    let findings = try search.findings(in: Array("key: \(PublishedSecretsTests.secret)".utf8), of: "f")
    let expected = "f:1:6: error: this has the shape of a secret token of bearerd"
    #expect(findings.first?.description.hasPrefix(expected) == true)
    #expect(findings.count == 1 && !findings[0].description.contains("brd_"))
    #expect(
      try search.findings(in: Array("brd_00000000000000000000000000000000000000000002CZclk".utf8), of: "f")
        .isEmpty)
  }

  @Test("that has expired is a warning")
  func expired() throws {
    let policy = try policy(("ci", "hunter2"), expires: Instant(seconds: 100))
    let text = Array("{\"a\": \"hunter2\"}".utf8)
    let before = try PublishedSecrets(policy, at: Instant(seconds: 99)).findings(in: text, of: "f")
    #expect(before.map(\.severity) == [.error])
    let after = try PublishedSecrets(policy, at: Instant(seconds: 100)).findings(in: text, of: "f")
    #expect(
      after.map(\.description) == ["f:1:8: warning: an expired token of ci k1 is here; remove it"])
  }

  @Test("that is also a verification token is told apart, and each is found once")
  func verification() throws {
    let text = soundManifest.replacing("Keeps your", with: "abc hunter2")
    let manifest = try #require(ManifestCheck(of: Array(text.utf8), name: "m").manifest)
    let policy = try policy(("ci", "b5fd91a1e05a4f12a9f4a5b1b1c39b8d"), ("old", "hunter2"), ("x", "To-do"))
    let findings = try PublishedSecrets(policy, at: Instant(seconds: 0))
      .findings(in: Array(text.utf8), of: "m", verificationTokens: manifest.verificationTokens)
    #expect(findings.map { $0.position?.line } == [4, 6, 11])
    #expect(
      findings.last?.description
        == "m:11:18: error: the verification token of openai is a live token of ci k1: anyone can read "
        + "and use it; expire it with `bearerd token rotate ci --key k1 --keep 0`")
    #expect(findings.allSatisfy { !$0.description.contains("hunter2") })
  }

  @Test("of any length that fits a header is found in a text of any length")
  func long() throws {
    var dice = Dice(state: 7)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    func random(_ count: Int) -> String {
      String((0..<count).compactMap { _ in alphabet.randomElement(using: &dice) })
    }
    let (long, short) = (random(8185), random(150))
    let search = try PublishedSecrets(policy(("long", long), ("short", short)), at: Instant(seconds: 0))
    let text = "\(random(5000)) \(long) data:image/png;base64,\(random(20_000))/\(short)+\(random(1000))=="
    let findings = try search.findings(in: Array(text.utf8), of: "f")
    #expect(findings.map { $0.position?.column } == [5002, 5002 + 8186 + 22 + 20_001])
  }

  @Test("cannot be hidden in more than anybody can look through")
  func bounds() throws {
    var search = try PublishedSecrets(.empty, at: Instant(seconds: 0))
    let text = Array(String(repeating: "a/", count: 100_000).utf8)
    search.limit = 1 << 20
    let findings = try search.findings(in: text, of: "f")
    #expect(
      findings.map(\.description) == [
        "f: error: too much of this could be a token; not all of it was compared with the live ones"
      ])
    search.limit = 1 << 30
    #expect(try search.findings(in: Array(text.prefix(10_000)), of: "f").isEmpty)
  }
}
