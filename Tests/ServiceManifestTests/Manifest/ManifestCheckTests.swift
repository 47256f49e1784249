import ServiceManifest
import Testing

@Suite("A manifest")
struct ManifestCheckTests {
  @Test("as services have published it has no errors", arguments: validManifests)
  func valid(name: String, text: String, findings: [String]) {
    let check = ManifestCheck(of: Array(text.utf8), name: "m")
    #expect(check.findings.map(\.description) == findings.map { "m:\($0)" })
    #expect(check.findings.allSatisfy { $0.severity != .error } && check.manifest != nil)
  }

  @Test("with one thing wrong is told just that, with its line and column", arguments: brokenManifests)
  func broken(old: String, new: String, findings: [String]) throws {
    let range = try #require(soundManifest.firstRange(of: old))
    let text = soundManifest.replacingCharacters(in: range, with: new)
    let check = ManifestCheck(of: Array(text.utf8), name: "m")
    #expect(check.findings.map(\.description) == findings.map { "m:\($0)" })
  }

  @Test("that is sound has nothing found in it, and says what it says")
  func sound() {
    let check = ManifestCheck(of: Array(soundManifest.utf8), name: "m")
    #expect(check.findings.isEmpty)
    #expect(check.manifest?.authType == "service_http")
    #expect(check.manifest?.verificationTokens.map(\.application) == ["openai", "other_service"])
    #expect(check.manifest?.apiURL?.description == "https://api.example.com/openapi.json")
    #expect(check.manifest?.logoURL?.host == "example.com")
  }

  @Test(
    "is of the site that it is published on",
    arguments: [
      ("https://example.com", []), ("https://www.example.com", []), ("https://EXAMPLE.com:8443", []),
      (
        "https://example.org",
        [
          "m:17:12: error: \"url\" is on api.example.com, but the manifest is on example.org; use a URL on "
            + "example.org or a subdomain",
          "m:21:21: error: \"legal_info_url\" is on example.com, but the manifest is on example.org; use a URL on "
            + "example.org or a subdomain",
        ]
      ),
    ])
  func site(home: String, findings: [String]) throws {
    let home = try WebURL(parsing: home)
    let check = ManifestCheck(of: Array(soundManifest.utf8), name: "m", publishedAt: home)
    #expect(check.findings.map(\.description) == findings)
  }

  @Test(
    "holds placeholders until an application has issued its token",
    arguments: [
      ("Replace_this_string_with_the_verification_token_generated_in_the_ChatGPT_UI", true),
      (VerificationToken.placeholder(for: "openai"), true), ("OPENAI_VERIFICATION_TOKEN_HERE", true),
      ("secret_token_here", true), ("<your token>", true), ("", true), ("...", true), ("xxxxxxxx", true),
      ("00000000", true), ("TODO", true), ("tbd", true), ("changeme", true),
      ("b5fd91a1e05a4f12a9f4a5b1b1c39b8d", false), ("abc123", false), ("0f3c-77a1-BEEF", false),
      ("dG9kbyBoZXJl/x+Q==", false),
    ])
  func placeholder(value: String, isPlaceholder: Bool) {
    let text = soundManifest.replacing("b5fd91a1e05a4f12a9f4a5b1b1c39b8d", with: value)
    let check = ManifestCheck(of: Array(text.utf8), name: "m")
    #expect(check.manifest?.verificationTokens.first?.isPlaceholder == isPlaceholder)
    #expect(check.findings.contains { $0.message.contains("not registered yet") } == isPlaceholder)
  }

  @Test("cannot speak to the terminal of who checks it")
  func terminal() throws {
    let text = soundManifest.replacing(
      "\"openai\": \"b5fd91a1e05a4f12a9f4a5b1b1c39b8d\"", with: #""\u001b[2J\u202e": 0"#
    )
    .replacing("\"other_service\": \"9f86d081884c7d659a2feaa0c55ad015\"", with: #""\u001b[2J": "todo""#)
    let findings = ManifestCheck(of: Array(text.utf8), name: "m").findings
    #expect(findings.count == 3)
    #expect(
      findings.allSatisfy { !$0.description.contains("\u{1b}") && !$0.description.contains("\u{202e}") })
  }
}
