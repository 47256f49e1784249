@testable import BearerAuth

/// The token file's text: it is read or refused without a word of what could be a secret; what it says decides, and
/// nothing else; and every edit changes the one line it is about.
enum TokenFileTarget {
  static func run(_ bytes: [UInt8]) {
    let file = TokenFile(parsing: bytes, name: "tokens")
    issues(file, bytes)
    guard file.isUsable else { return }
    for token in file.tokens { decided(token, in: Policy(file.tokens)) }
    appended(file, bytes)
    guard let token = file.tokens.last else { return }
    removed(token, file, bytes)
    ended(token, file, bytes)
    disabled(token, file, bytes)
    expect(
      again(TokenFileText.line(for: token)).map(Facts.init) == [Facts(token)], "a token's own line says it")
  }

  private static func again(_ text: String) -> [Token] {
    TokenFile(parsing: Array(text.utf8), name: "again").tokens
  }

  /// What messages say by themselves.
  private static let examples = Array(
    (TokenOption.allCases.map(\.example) + ["2027-01-31T12:00:00Z"]).joined(separator: " ").utf8)

  /// Places exist, and no message repeats a field that could be a secret.
  private static func issues(_ file: TokenFile, _ bytes: [UInt8]) {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    let fields = bytes.split { $0 == 10 || $0 == 32 || $0 == 9 }.filter { $0.count >= 16 }.prefix(20)
    for issue in file.issues {
      expect((1...(lines.count + 1)).contains(issue.line), "a line that is there: \(issue)")
      expect(issue.column >= 0 && issue.column <= 65_537, "a column that is there: \(issue)")
      expect(!issue.message.isEmpty, "an issue says what is wrong")
      for field in fields where !ApplicationName.isValid(field.span) && !holds(examples, field) {
        expect(!holds(Array(issue.message.utf8), field), "no field in a message: \(issue)")
      }
    }
  }

  private static func holds(_ text: [UInt8], _ part: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first, text.count >= part.count else { return false }
    return text.indices.dropLast(part.count - 1).contains {
      text[$0] == first && text[$0...].starts(with: part)
    }
  }

  /// One field after the other, in other words than the policy's.
  private static func decided(_ token: Token, in policy: Policy) {
    expect(policy.token(matching: token.digest)?.line == token.line, "every token is found")
    let scope = (token.scopes?.last ?? Scope("read")).map { RequiredScopes.any([$0]) } ?? .invalid
    for address in [token.origins?.first?.network, nil] {
      for now in [
        token.notBefore, token.expires, token.expires.advanced(by: -1), token.notBefore.advanced(by: -1),
      ] {
        let request = AccessRequest(credential: .token(token.digest), scope: scope, address: address)
        let isGood =
          !token.isDisabled && now.seconds >= token.notBefore.seconds && now.seconds < token.expires.seconds
          && (token.origins == nil || address != nil)
        if case .allow(let number) = policy.decide(request, at: now) {
          expect(isGood && policy.tokens[number].line == token.line, "allowed by its own line")
        } else {
          expect(!isGood, "a valid token is allowed")
        }
        let elsewhere = AccessRequest(credential: .token(token.digest), scope: .absent, address: address)
        if case .allow = policy.decide(elsewhere, at: now) {
          expect(
            isGood && token.scopes == nil, "only a token without scopes= is allowed if no scope is required")
        }
      }
    }
  }

  private static func appended(_ file: TokenFile, _ bytes: [UInt8]) {
    guard let digest = Digest(hex: Array(String(repeating: "5e", count: 32).utf8).span) else { return }
    guard !file.tokens.contains(where: { $0.digest == digest }) else { return }
    let new = Token(
      digest: digest, application: "new", created: file.tokens.first?.created,
      notBefore: file.tokens.first?.notBefore ?? .distantPast,
      expires: file.tokens.first?.expires ?? .distantFuture, scopes: file.tokens.last?.scopes,
      origins: file.tokens.last?.origins, note: file.tokens.last?.note)
    var text = TokenFileText(bytes)
    text.append(new)
    expect(text.bytes.starts(with: bytes), "what was there stays")
    let next = TokenFile(parsing: text.bytes, name: "next")
    expect(next.isUsable, "a file with one token more can be used: \(next.issues)")
    expect(next.tokens.map(Facts.init) == file.tokens.map(Facts.init) + [Facts(new)], "one token more")
  }

  private static func removed(_ token: Token, _ file: TokenFile, _ bytes: [UInt8]) {
    var text = TokenFileText(bytes)
    text.remove(lines: [token.line])
    let next = TokenFile(parsing: text.bytes, name: "next")
    expect(next.isUsable, "a file with one token less can be used: \(next.issues)")
    expect(next.tokens.map(Facts.init) == file.tokens.dropLast().map(Facts.init), "one token less")
    expect(lines(text.bytes).count == max(lines(bytes).count - 1, 0), "one line less")
    text = TokenFileText(bytes)
    text.remove(lines: Set(file.tokens.map(\.line)))
    expect(TokenFile(parsing: text.bytes, name: "empty").tokens.isEmpty, "none left")
  }

  private static func ended(_ token: Token, _ file: TokenFile, _ bytes: [UInt8]) {
    guard let instant = Instant(parsing: "2031-02-03T04:05:06Z") else { return }
    var text = TokenFileText(bytes)
    text.setExpires(instant, ofLine: token.line)
    let next = TokenFile(parsing: text.bytes, name: "next")
    expect(next.isUsable, "a file with another end can be used: \(next.issues)")
    var ended = Facts(token)
    ended.expires = instant
    expect(next.tokens.map(Facts.init) == file.tokens.dropLast().map(Facts.init) + [ended], "one other end")
    let others = { (bytes: [UInt8]) in
      lines(bytes).enumerated().filter { $0.offset != token.line - 1 }.map(\.element)
    }
    expect(others(text.bytes) == others(bytes), "no other line changes")
  }

  /// Disabled and enabled again, a line that was neither is as before.
  private static func disabled(_ token: Token, _ file: TokenFile, _ bytes: [UInt8]) {
    var text = TokenFileText(bytes)
    for isDisabled in [!token.isDisabled, token.isDisabled] {
      text.setDisabled(isDisabled, ofLine: token.line)
      let next = TokenFile(parsing: text.bytes, name: "next")
      expect(next.isUsable, "a file with a disabled token can be used: \(next.issues)")
      var changed = Facts(token)
      changed.isDisabled = isDisabled
      expect(
        next.tokens.map(Facts.init) == file.tokens.dropLast().map(Facts.init) + [changed], "one is changed")
    }
    expect(token.isDisabled || text.bytes == bytes, "nothing is left of it")
  }

  private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines
  }

  /// All that a token is, but for its place.
  private struct Facts: Equatable {
    var digest: Digest
    var application: String
    var key: String?
    var created: Instant?
    var notBefore: Instant
    var expires: Instant
    var scopes: [Scope]?
    var origins: [AddressBlock]?
    var note: String?
    var isDisabled: Bool

    init(_ token: Token) {
      digest = token.digest
      application = token.application
      key = token.key
      created = token.created
      notBefore = token.notBefore
      expires = token.expires
      scopes = token.scopes
      origins = token.origins
      note = token.note?.description
      isDisabled = token.isDisabled
    }
  }
}
