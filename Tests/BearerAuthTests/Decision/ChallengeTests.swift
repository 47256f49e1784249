import Testing

@testable import BearerAuth

@Suite("A challenge")
struct ChallengeTests {
  private static let notValid =
    #"Bearer realm="api", error="invalid_token", error_description="The token is not valid""#

  @Test(
    "says what RFC 6750 has for each denial",
    arguments: [
      (.noCredentials, #"Bearer realm="api""#), (.otherScheme, #"Bearer realm="api""#),
      (
        .malformed,
        #"Bearer realm="api", error="invalid_request", error_description="The request does not carry one well-formed token""#
      ),
      (.mistyped, notValid), (.unknownToken, notValid), (.disabled, notValid), (.expired, notValid),
      (.notYetValid, notValid),
      (.wrongAddress, notValid),
      (
        .insufficientScope,
        #"Bearer realm="api", error="insufficient_scope", error_description="The token lacks the required scope", scope="write""#
      ),
    ] as [(Denial, String)])
  func header(denial: Denial, expected: String) throws {
    #expect(try Challenge(realm: "api").header(for: denial, scope: requiredScopes("write")) == expected)
  }

  @Test(
    "names Basic first if the location accepts it, in one header, and escapes its realm",
    arguments: Denial.allCases)
  func basic(denial: Denial) throws {
    let challenge = try Challenge(realm: #"a"b\c"#)
    let bearer = try challenge.header(for: denial, scope: requiredScopes("write"))
    let both = try challenge.header(for: denial, scope: requiredScopes("write"), accepting: .bearerAndBasic)
    #expect(both == #"Basic realm="a\"b\\c", "# + bearer)
  }

  @Test("tells a client without a valid token neither the reason nor the scope", arguments: Denial.allCases)
  func discretion(denial: Denial) throws {
    let header = try Challenge(realm: "api").header(for: denial, scope: requiredScopes("write"))
    #expect(header.contains("write") == (denial == .insufficientScope))
    #expect(!header.contains("expired") && !header.contains("disabled") && !header.contains("address"))
  }

  @Test("names each of several scopes, with spaces between them, and none that is not a scope's name")
  func several() throws {
    let challenge = try Challenge(realm: "api")
    let header = challenge.header(for: .insufficientScope, scope: try requiredScopes("mcp:tools repo/read"))
    #expect(header.hasSuffix(#", scope="mcp:tools repo/read""#))
    #expect(!challenge.header(for: .insufficientScope, scope: .invalid).contains("scope="))
  }

  @Test("has no scope if the location requires none")
  func noScope() throws {
    #expect(try !Challenge(realm: "api").header(for: .insufficientScope, scope: .absent).contains("scope="))
  }

  @Test("points to the resource's metadata where there is some", arguments: Denial.allCases)
  func metadata(denial: Denial) throws {
    let url = "https://example.org/.well-known/oauth-protected-resource"
    let header = try Challenge(realm: "api", resourceMetadata: url).header(for: denial, scope: .absent)
    #expect(header.hasSuffix(#", resource_metadata="\#(url)""#))
  }

  @Test(
    "quotes its realm",
    arguments: [
      ("", #"Bearer realm="""#), ("a b", #"Bearer realm="a b""#), (#"a"b"#, #"Bearer realm="a\"b""#),
      (#"a\b"#, #"Bearer realm="a\\b""#),
    ])
  func quoting(realm: String, expected: String) throws {
    #expect(try Challenge(realm: realm).header(for: .noCredentials, scope: .absent) == expected)
  }

  @Test(
    "refuses a realm that could break the header",
    arguments: ["a\r\nX: y", "a\n", "a\0", "caf\u{e9}", "a\tb", "\u{7f}"])
  func realm(realm: String) {
    #expect(throws: Challenge.Invalid.self) { try Challenge(realm: realm) }
  }

  @Test(
    "refuses metadata that is no URL",
    arguments: [
      "", "example.org", "ftp://example.org", "https://example.org/\"", "https://example.org/a b",
      "https://example.org/\r\n",
      "https://example.org/\u{e9}", "javascript:alert(1)", "https://example.org/\\",
    ])
  func url(url: String) {
    #expect(throws: Challenge.Invalid.self) { try Challenge(realm: "api", resourceMetadata: url) }
  }
}
