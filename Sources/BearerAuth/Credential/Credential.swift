/// What the Authorization header of a request amounts to. The secret itself goes no further than this type's
/// `init`.
public enum Credential: Hashable, Sendable {
  /// No header, or an empty one.
  case absent
  /// Another scheme than Bearer.
  case otherScheme
  /// Not a scheme followed by one token (RFC 6750 section 2.1).
  case malformed
  /// The shape of a token that we made, with a wrong checksum: a slip of the hand.
  case mistyped
  /// libcrypto failed; nothing is known of the token.
  case unhashed
  /// The digest of a well-formed token.
  case token(Digest)

  /// The longest header that is looked at, in bytes.
  public static let maximumLength = 8192

  /// Reads the value of an Authorization header, or of its absence: no bytes.
  ///
  /// The scheme is Bearer in any case (RFC 9110 section 11.1), then come one or more spaces and a token68, and
  /// nothing else. Nothing is trimmed or repaired: a comma or an inner space is what some fronts make of two
  /// headers, and choosing one of them would be a guess.
  public init(parsing value: Span<UInt8>, with context: borrowing DigestContext) {
    guard !value.isEmpty else {
      self = .absent
      return
    }
    guard value.count <= Credential.maximumLength, let end = Credential.endOfScheme(in: value) else {
      self = .malformed
      return
    }
    guard Credential.isBearer(value.extracting(..<end)) else {
      self = .otherScheme
      return
    }
    let secret = value.extracting(Credential.endOfSpaces(in: value, from: end)...)
    guard Secret.isWellFormed(secret) else {
      self = .malformed
      return
    }
    guard !Secret.isMistyped(secret) else {
      self = .mistyped
      return
    }
    self = context.digest(of: secret).map { .token($0) } ?? .unhashed
  }

  /// A scheme is a token (RFC 9110 section 5.6.2) that ends at a space or with the value.
  private static func endOfScheme(in value: Span<UInt8>) -> Int? {
    var end = 0
    while end < value.count, isSchemeByte(value[end]) { end += 1 }
    guard end > 0, end == value.count || value[end] == UInt8(ascii: " ") else { return nil }
    return end
  }

  private static func endOfSpaces(in value: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < value.count, value[end] == UInt8(ascii: " ") { end += 1 }
    return end
  }

  private static func isBearer(_ scheme: Span<UInt8>) -> Bool {
    let bearer: StaticString = "bearer"
    guard scheme.count == bearer.utf8CodeUnitCount else { return false }
    return bearer.withUTF8Buffer { name in
      for index in name.indices where scheme[index].lowered != name[index] { return false }
      return true
    }
  }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default:
      byte.isAlphanumeric
    }
  }
}
