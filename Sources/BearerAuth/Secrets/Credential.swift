import CCrypto

/// The content of a request's Authorization header or BEARERD_TOKEN. The secret itself does not leave this type's `init`:
/// what remains is its digest.
package enum Credential: Hashable, Sendable {
  /// No header, or an empty one.
  case absent
  /// A scheme that the location does not accept.
  case otherScheme
  /// Not a scheme followed by one token (RFC 6750 section 2.1).
  case malformed
  /// The shape of a token that bearerd makes, with a wrong checksum: a typing error.
  case mistyped
  /// libcrypto failed, so the token could not be hashed.
  case unhashed
  /// The digest of a well-formed token.
  case token(Digest)

  /// The longest header that is parsed, in bytes.
  package static let maximumLength = 8192

  /// Parses the value of an Authorization header; no bytes if the request has none.
  ///
  /// The scheme is Bearer in any case (RFC 9110 section 11.1), followed by one or more spaces, a token68 and
  /// nothing else. Nothing is trimmed or repaired: a comma or an inner space is what some web servers make of
  /// two headers, and choosing one of them would be a guess. For Basic see `BasicCredential`.
  package init(
    parsing value: Span<UInt8>, accepting schemes: AcceptedSchemes = .bearer,
    with context: borrowing DigestContext
  ) {
    guard !value.isEmpty else {
      self = .absent
      return
    }
    guard value.count <= Credential.maximumLength, let end = Credential.endOfScheme(in: value) else {
      self = .malformed
      return
    }
    let scheme = value.extracting(..<end)
    let secret = value.extracting(Credential.endOfSpaces(in: value, from: end)...)
    guard Credential.isBearer(scheme) else {
      let isBasic = schemes == .bearerAndBasic && Credential.isBasic(scheme)
      self = isBasic ? BasicCredential.credential(secret, with: context) : .otherScheme
      return
    }
    guard Secret.isWellFormed(secret) else {
      self = .malformed
      return
    }
    self.init(wellFormed: secret, with: context)
  }

  /// Parses the value of BEARERD_TOKEN: the token itself, 1 to 4096 bytes of visible ASCII, as the web server took it from
  /// a header of its choice. No bytes: absent.
  package init(token: Span<UInt8>, with context: borrowing DigestContext) {
    guard !token.isEmpty else {
      self = .absent
      return
    }
    guard Secret.isVisible(token) else {
      self = .malformed
      return
    }
    self.init(wellFormed: token, with: context)
  }

  private init(wellFormed secret: Span<UInt8>, with context: borrowing DigestContext) {
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

  private static func isBearer(_ scheme: Span<UInt8>) -> Bool { isScheme(scheme, "bearer") }

  private static func isBasic(_ scheme: Span<UInt8>) -> Bool { isScheme(scheme, "basic") }

  private static func isScheme(_ scheme: Span<UInt8>, _ name: StaticString) -> Bool {
    guard scheme.count == name.utf8CodeUnitCount else { return false }
    return name.withUTF8Buffer { name in
      for index in name.indices where scheme[index].lowered != name[index] { return false }
      return true
    }
  }

  /// Calls `body` with the part after `Basic` and its spaces; nil if the header has another scheme.
  static func withBasic<Result>(in header: Span<UInt8>, _ body: (Span<UInt8>) -> Result?) -> Result? {
    guard header.count <= maximumLength, let end = endOfScheme(in: header), isBasic(header.extracting(..<end))
    else { return nil }
    return body(header.extracting(endOfSpaces(in: header, from: end)...))
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

/// A SHA-256 digest (FIPS 180-4), which is what the token file keeps of a secret.
///
/// Two digests are compared in constant time; there is no other comparison.
package struct Digest: Sendable {
  /// Bytes 0 to 7 of the digest, lowest first, and so on. This is the layout libcrypto writes on little-endian
  /// machines; the tests check it by known digests.
  private var words: InlineArray<4, UInt64>

  /// Sixty-four hexadecimal digits of either case; nil for anything else.
  package init?(hex: Span<UInt8>) {
    guard hex.count == 64 else { return nil }
    words = InlineArray(repeating: 0)
    // Checked once, at the end: a branch for each digit would often be mispredicted.
    var isValid = true
    for word in 0..<4 {
      let (first, isFirstValid) = Digest.bytes(ofDigits: hex, at: word * 16)
      let (second, isSecondValid) = Digest.bytes(ofDigits: hex, at: word * 16 + 8)
      words[word] = first | second << 32
      isValid = isValid && isFirstValid && isSecondValid
    }
    guard isValid else { return nil }
  }

  /// The four bytes that eight hexadecimal digits stand for, the first lowest. Digit by digit, this took a twelfth of the
  /// time of loading a million tokens.
  private static func bytes(ofDigits text: Span<UInt8>, at position: Int) -> (value: UInt64, isValid: Bool) {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let digits = text.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
    // Of a letter's code bit 6 is set, and the lowest four bits are its value less 9.
    let letters = (digits >> 6) & ones
    var value = (digits & 0x0f0f_0f0f_0f0f_0f0f) &+ letters &* 9
    // How these values are written, in lower case.
    let isAboveNine = ((value &+ ones &* 6) >> 4) & ones
    let written = value &+ ones &* 0x30 &+ isAboveNine &* 0x27
    let isValid = value & 0xf0f0_f0f0_f0f0_f0f0 == 0 && digits | letters << 5 == written
    // Two digits to a byte, and the bytes together.
    value = (value << 4 | value >> 8) & 0x00ff_00ff_00ff_00ff
    value = (value | value >> 8) & 0x0000_ffff_0000_ffff
    return ((value | value >> 16) & 0xffff_ffff, isValid)
  }

  /// Lets `write` fill the 32 bytes; nil if it returns false. The pointer is valid during the call only.
  init?(filledBy write: (UnsafeMutablePointer<UInt8>) -> Bool) {
    words = InlineArray(repeating: 0)
    let isFilled = withUnsafeMutableBytes(of: &words) { buffer in
      guard let start = buffer.baseAddress else { return false }
      return write(start.assumingMemoryBound(to: UInt8.self))
    }
    guard isFilled else { return nil }
    for word in 0..<4 { words[word] = UInt64(littleEndian: words[word]) }
  }

  /// Sixty-four lower-case hexadecimal digits.
  package var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = (0..<32).flatMap { index in
      let byte = UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
      return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The hash of the digest in a `SlotTable`.
  ///
  /// It needs no random seed against collisions: only the administrator chooses which digests the table holds;
  /// a client cannot.
  var position: UInt64 { words[0] }
}

extension Digest: Hashable {
  /// In constant time: all words are compared, and the result is computed once, at the end.
  ///
  /// Not by CRYPTO_memcmp, which compares byte by byte: with a million tokens this code waits for memory, and
  /// the processor can prefetch only if few instructions lie between two lookups.
  package static func == (left: Digest, right: Digest) -> Bool {
    var difference: UInt64 = 0
    for word in 0..<4 { difference |= left.words[word] ^ right.words[word] }
    return difference == 0
  }

  /// The first word is as evenly spread as the whole.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(words[0])
  }
}

/// libcrypto has no SHA-256, or no memory for it.
package struct CryptoUnavailable: Error, Equatable, CustomStringConvertible {
  /// Also thrown if a digest is needed and `digest(of:)` returned nil.
  package init() {}

  /// A message for the administrator.
  package var description: String { "libcrypto offers no SHA-256; check the installation of OpenSSL" }
}

/// SHA-256 by libcrypto. The algorithm is fetched once and the context is reused: a lookup by name costs more
/// than the digest itself. One per thread; never shared.
package final class DigestContext {
  private let algorithm: OpaquePointer
  private let context: OpaquePointer

  /// Throws if libcrypto lacks the algorithm or the memory.
  package init() throws(CryptoUnavailable) {
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { throw CryptoUnavailable() }
    guard let context = EVP_MD_CTX_new() else {
      EVP_MD_free(algorithm)
      throw CryptoUnavailable()
    }
    self.algorithm = algorithm
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  /// The digest of `bytes`; nil if libcrypto failed.
  package func digest(of bytes: Span<UInt8>) -> Digest? {
    guard EVP_DigestInit_ex2(context, algorithm, nil) == 1 else { return nil }
    // libcrypto reads the bytes during the call and keeps no pointer to them.
    let isRead = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 }
    guard isRead else { return nil }
    return Digest { EVP_DigestFinal_ex(context, $0, nil) == 1 }
  }
}
