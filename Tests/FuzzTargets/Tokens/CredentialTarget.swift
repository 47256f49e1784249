@testable import BearerAuth

/// The Authorization header: what comes out is what a slow reading of RFC 6750 says, and the digest is that of the
/// very bytes behind the scheme.
enum CredentialTarget {
  // libFuzzer calls from one thread.
  private nonisolated(unsafe) static let context: DigestContext = {
    do { return try DigestContext() } catch { fatalError("\(error)") }
  }()

  static func run(_ bytes: [UInt8]) {
    let credential = Credential(parsing: bytes.span, with: context)
    let secret = bearerToken(in: bytes)
    switch credential {
    case .absent: expect(bytes.isEmpty, "only nothing is absent")
    case .otherScheme: expect(secret == nil && hasOtherScheme(bytes), "another scheme is a word, not Bearer")
    case .malformed: expect(secret == nil && !hasOtherScheme(bytes), "malformed is no other scheme")
    case .unhashed: expect(false, "libcrypto hashes")
    case .mistyped: expect(secret.map(isMistyped) ?? false, "mistyped is one of ours, with a wrong sum")
    case .token(let digest):
      guard let secret else { return expect(false, "a credential is one bearer token") }
      expect(!isMistyped(secret), "a wrong sum is mistyped")
      expect(digest == context.digest(of: secret.span), "the digest of the token")
      spelled(secret, credential)
    }
    parameter(bytes)
    basic(bytes)
    strength(bytes)
    made(bytes)
  }

  /// BEARERD_TOKEN is the token itself.
  private static func parameter(_ bytes: [UInt8]) {
    let isToken = (1...4096).contains(bytes.count) && bytes.allSatisfy { (33...126).contains($0) }
    let expected = context.digest(of: bytes.span).map { Credential.token($0) }
    let credential = Credential(token: bytes.span, with: context)
    expect(
      credential
        == (bytes.isEmpty ? .absent : !isToken ? .malformed : isMistyped(bytes) ? .mistyped : expected),
      "a token is visible ASCII")
  }

  /// With Basic accepted, all other headers are what they were; and a password is what BEARERD_TOKEN would be.
  private static func basic(_ bytes: [UInt8]) {
    let credential = Credential(parsing: bytes.span, accepting: .bearerAndBasic, with: context)
    let isBasic = bytes.prefix { $0 != 32 }.map { $0 | 32 } == Array("basic".utf8) && bytes.count <= 8192
    if !isBasic { expect(credential == Credential(parsing: bytes.span, with: context), "only Basic changes") }
    guard let colon = bytes.firstIndex(of: 58) else { return }
    let name = bytes[..<colon]
    let password = Array(bytes[(colon + 1)...])
    let header = Array("Basic ".utf8) + base64(bytes)
    guard header.count <= 8192 else { return }
    let isPlain = name.allSatisfy { $0 >= 32 && $0 != 127 } && !password.isEmpty
    expect(
      Credential(parsing: header.span, accepting: .bearerAndBasic, with: context)
        == (isPlain ? Credential(token: password.span, with: context) : .malformed),
      "the password is the token")
  }

  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = (group + [0, 0]).prefix(3).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      text += [18, 12, 6, 0].map { alphabet[Int(bits >> $0 & 63)] }
      if group.count < 3 {
        text.replaceSubrange((text.count - 3 + group.count)..., with: [61, 61].prefix(3 - group.count))
      }
    }
    return text
  }

  /// Whether it begins with a word of RFC 9110 section 5.6.2 that is not Bearer, alone or before a space.
  private static func hasOtherScheme(_ bytes: [UInt8]) -> Bool {
    let word = bytes.prefix { $0 != 32 }
    return bytes.count <= 8192 && !word.isEmpty
      && word.allSatisfy { (33...126).contains($0) && !separators.contains($0) }
      && String(decoding: word, as: UTF8.self).lowercased() != "bearer"
  }

  private static let separators = Set("\"(),/:;<=>?@[\\]{}".utf8)

  /// What stands behind `Bearer`, or nil where the header is not one bearer token.
  private static func bearerToken(in bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count <= 8192, bytes.count > 7,
      String(decoding: bytes.prefix(6), as: UTF8.self).lowercased() == "bearer", bytes[6] == 32
    else { return nil }
    let secret = Array(bytes.dropFirst(6).drop { $0 == 32 })
    let text = secret.reversed().drop { $0 == UInt8(ascii: "=") }
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/".utf8)
    return !text.isEmpty && text.allSatisfy(alphabet.contains) ? secret : nil
  }

  /// By long arithmetic instead of the parser's shorter way.
  private static func isMistyped(_ secret: [UInt8]) -> Bool {
    let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    guard secret.count == 53, secret.starts(with: Array("brd_".utf8)),
      secret.dropFirst(4).allSatisfy(digits.contains)
    else { return false }
    var sum: UInt32 = .max
    for byte in secret[4..<47] {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
    }
    var rest = UInt64(~sum)
    for digit in secret[47...].reversed() {
      guard digits[Int(rest % 62)] == digit else { return true }
      rest /= 62
    }
    return false
  }

  /// Case and number of spaces make no other credential; one byte more makes another, or none.
  private static func spelled(_ secret: [UInt8], _ credential: Credential) {
    for scheme in ["bearer ", "BEARER  ", "bEaReR     "] {
      let other = Array(scheme.utf8) + secret
      guard other.count <= Credential.maximumLength else { continue }
      expect(Credential(parsing: other.span, with: context) == credential, "the scheme's spelling")
    }
    let longer = Array("Bearer ".utf8) + secret + [UInt8(ascii: "=")]
    expect(Credential(parsing: longer.span, with: context) != credential, "every byte counts")
  }

  private static func strength(_ bytes: [UInt8]) {
    let bits = SecretStrength(of: bytes.span).bits
    expect(bits >= 0 && bits <= 8 * bytes.count, "no more bits than there are: \(bits)")
  }

  /// Any 32 bytes make a token that the parser takes, and takes no longer once a letter is changed.
  private static func made(_ bytes: [UInt8]) {
    guard bytes.count >= 33 else { return }
    var token = Secret.generate(randomBytes: Array(bytes.suffix(32)))
    expect(Secret.isWellFormed(token.span) && !Secret.isMistyped(token.span), "what we make is well-formed")
    expect(!isMistyped(token), "what we make has its sum")
    let place = 4 + Int(bytes[0]) % 49
    token[place] = token[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    expect(Secret.isMistyped(token.span), "a slip is noticed")
  }
}
