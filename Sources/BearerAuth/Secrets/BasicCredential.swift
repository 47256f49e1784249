import CCrypto

/// The schemes of Authorization that a location accepts, as BEARERD_ACCEPT names them.
package enum AcceptedSchemes: Sendable {
  case bearer
  case bearerAndBasic

  /// Parses `bearer`, `bearer basic` or an empty value, which means `bearer`; nil for anything else.
  package init?(_ bytes: Span<UInt8>) {
    if bytes.isEmpty || bytes.elementsEqual("bearer") {
      self = .bearer
    } else if bytes.elementsEqual("bearer basic") {
      self = .bearerAndBasic
    } else {
      return nil
    }
  }
}

/// The credentials of `Authorization: Basic` (RFC 7617), whose password is the token. The user name is for the log only
/// and does not affect the decision: a client may send any.
package enum BasicCredential {
  /// The token's digest, or why there is none.
  /// - Parameter credentials: the part after `Basic` and its spaces: the base64 (RFC 4648 section 4) of a user name
  ///   without control characters, a colon, and a token of visible ASCII, which may have further colons.
  static func credential(_ credentials: Span<UInt8>, with context: borrowing DigestContext) -> Credential {
    withParts(of: credentials) { userName, password in
      password.isEmpty || !isPlain(userName) ? .malformed : Credential(token: password, with: context)
    } ?? .malformed
  }

  /// Calls `body` with the user name of a whole Authorization header; nil if the header is not Basic, or malformed.
  package static func withUserName<Result>(
    of header: Span<UInt8>, _ body: (Span<UInt8>) -> Result
  ) -> Result? {
    Credential.withBasic(in: header) { withParts(of: $0) { userName, _ in body(userName) } }
  }

  private static func withParts<Result>(
    of credentials: Span<UInt8>, _ body: (_ userName: Span<UInt8>, _ password: Span<UInt8>) -> Result
  ) -> Result? {
    Base64.withDecoded(credentials) { decoded in
      guard let colon = decoded.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      return body(decoded.extracting(..<colon), decoded.extracting((colon + 1)...))
    }
  }

  /// Any encoding is accepted, but no ASCII control characters.
  private static func isPlain(_ userName: Span<UInt8>) -> Bool {
    for index in userName.indices where userName[index] < 0x20 || userName[index] == 0x7f { return false }
    return true
  }
}

/// Base64 (RFC 4648 section 4): padded, without line ends, and with zeros in the unused bits.
enum Base64 {
  /// Calls `body` with the bytes; nil if one character or the padding is wrong. Except for the padding, no branch depends
  /// on a character.
  ///
  /// The bytes are on the stack, at most a kilobyte, or else in memory of their own; they are overwritten afterwards.
  static func withDecoded<Result>(_ text: Span<UInt8>, _ body: (Span<UInt8>) -> Result?) -> Result? {
    guard !text.isEmpty, text.count.isMultiple(of: 4) else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count / 4 * 3) { memory in
      memory.initialize(repeating: 0)
      defer { OPENSSL_cleanse(memory.baseAddress, memory.count) }
      var bytes = memory.mutableSpan
      guard let count = decode(text, into: &bytes) else { return nil }
      return body(memory.span.extracting(..<count))
    }
  }

  /// The number of bytes; nil if one character or the padding is wrong.
  private static func decode(_ text: Span<UInt8>, into bytes: inout MutableSpan<UInt8>) -> Int? {
    let table = values.span
    let last = text.count - 4
    let padding = text[last + 3] != equals ? 0 : text[last + 2] != equals ? 1 : 2
    var worst: UInt8 = 0
    // Of four characters; padding counts as zeros.
    var bits: UInt32 = 0
    var end = 0
    for index in stride(from: 0, through: last, by: 4) {
      let padding = index < last ? 0 : padding
      let first = table[Int(text[index])], second = table[Int(text[index + 1])]
      let third = padding < 2 ? table[Int(text[index + 2])] : 0
      let fourth = padding < 1 ? table[Int(text[index + 3])] : 0
      worst |= first | second | third | fourth
      bits =
        UInt32(first & 63) << 18 | UInt32(second & 63) << 12 | UInt32(third & 63) << 6 | UInt32(fourth & 63)
      bytes[end] = UInt8(truncatingIfNeeded: bits >> 16)
      bytes[end + 1] = UInt8(truncatingIfNeeded: bits >> 8)
      bytes[end + 2] = UInt8(truncatingIfNeeded: bits)
      end += 3
    }
    let unused: UInt32 = padding == 0 ? 0 : padding == 1 ? 0xff : 0xffff
    guard worst < invalid, bits & unused == 0 else { return nil }
    return end - padding
  }

  private static let equals = UInt8(ascii: "=")
  private static let invalid: UInt8 = 64

  /// Indexed by the character; 64 if it is not in the alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: invalid, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()
}
