import BearerAuth
import Testing

@testable import ServiceManifest

@Suite("A line that is about to be printed")
struct RedactorTests {
  private static let secret = PublishedSecretsTests.secret
  private static let imported = PublishedSecretsTests.imported

  @Test(
    "has a mark in place of a secret, whole, escaped or in another case",
    arguments: [
      ("a brd_00000000000000000000000000000000000000000002CZclj b", "a [secret] b"),
      ("https://brd_00000000000000000000000000000000000000000002czclj.example/", "https://[secret].example/"),
      ("/?t=%62rd_0000000000000000000000000", "/?t=[secret]"), ("BRD_00000000000000000000", "[secret]"),
      (#"{"a": "\u0062rd_00000000000000000000"}"#, #"{"a": "[secret]"}"#),
      ("xbrd_00000000000000000000", "x[secret]"), ("brd_short brd_", "brd_short brd_"), ("", ""),
      ("brd_000000000000000000000 and brd_111111111111111111111", "[secret] and [secret]"),
    ])
  func shape(text: String, shown: String) {
    #expect(Redactor().redacted(text) == shown)
  }

  @Test("has a mark in place of what was read from standard input")
  func known() {
    var redactor = Redactor()
    redactor.hide(Array("Bearer p@ss:Word!23".utf8))
    #expect(redactor.redacted("Bearer p@ss:Word!23, P@SS:WORD!23") == "Bearer [secret], [secret]")
    #expect(redactor.redacted("p%40ss:Word%2123.") == "[secret].")
    redactor.hide(Array("short".utf8))
    #expect(redactor.redacted("short") == "short")
  }

  @Test("has a mark in place of a token that it knows by its hash")
  func tokens() throws {
    var redactor = Redactor()
    redactor.hide(tokensOf: try policy(("ci", RedactorTests.imported)))
    for place in PublishedSecretsTests.places {
      let line = place.text.replacing("TOKEN", with: RedactorTests.imported)
      #expect(redactor.redacted(line) == place.text.replacing("TOKEN", with: "[secret]"))
    }
    #expect(redactor.redacted("dG8tZG8+bGlz%2FdCBmb3I_YWxs.b3Vy~c2VydmljZXM%3D") == "[secret]")
  }
}
