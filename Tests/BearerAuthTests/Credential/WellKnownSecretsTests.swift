import Testing

@testable import BearerAuth

@Suite("The hash of a well-known secret")
struct WellKnownSecretsTests {
  private func issues(of hashes: [String]) -> [String] {
    let lines = hashes.map { "ci  \($0) scopes=read" }
    return TokenFile(parsing: Array(lines.joined(separator: "\n").utf8), name: "tokens").issues.map(
      \.description)
  }

  @Test(
    "is an error of the file, with its place and the fix",
    arguments: [
      "foo", "bar", "baz", "secret", "token", "test", "changeme", "password", "admin", "abc123", "hunter2",
      "123456",
      "qwerty", "letmein", "", "0123456789abcdef", "your-api-key",
    ])
  func word(secret: String) throws {
    for (text, reason) in [
      (secret, "a well-known password or example"), (secret + "\n", "a line end, which `echo` adds"),
      (secret + "\r\n", "a line end, which `echo` adds"),
    ] {
      for hash in [try hash(text), try hash(text).uppercased().replacing("SHA256", with: "sha256")] {
        let issues = issues(of: ["sha256:\(String(repeating: "1", count: 64))", hash])
        try #require(issues.count == 1, "\(issues)")
        #expect(issues[0].hasPrefix("tokens:2:5: error: the hash of a well-known"))
        #expect(issues[0].contains(reason))
        #expect(issues[0].contains("replace the line with one that `bearerd token new APP` writes"))
        #expect(
          secret.count < 7 || secret == "password" || !issues[0].contains(secret), "the word is not repeated")
      }
    }
  }

  @Test("is known for every word, and for no other secret")
  func words() throws {
    #expect(WellKnownSecrets.words.count > 300)
    #expect(Set(WellKnownSecrets.words).count == WellKnownSecrets.words.count)
    #expect(WellKnownSecrets.matches.count == (WellKnownSecrets.words.count + 1) * 3)
    for word in WellKnownSecrets.words {
      #expect(WellKnownSecrets.contains(try digest(of: word)))
      #expect(!WellKnownSecrets.contains(try digest(of: "\(word) ")))
    }
  }
}
