import CCrypto

/// The schemes of Authorization that a location accepts, as BEARERD_ACCEPT names them.
package enum AcceptedSchemes: Sendable {
  case bearer
  case bearerAndBasic

  /// Reads `bearer`, `bearer basic` or nothing, which is `bearer`; nil for anything else.
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

/// The credentials of `Authorization: Basic` (RFC 7617), whose password is the token. The user name decides nothing: it is
/// what a client happens to send, and is only for the log.
package enum BasicCredential {
  /// The token's digest, or what keeps the credentials from having one.
  /// - Parameter credentials: what stands behind `Basic` and its spaces: the base64 (RFC 4648 section 4) of a user name
  ///   without control characters, a colon, and a token of visible ASCII, which may have further colons.
  static func credential(_ credentials: Span<UInt8>, with context: borrowing DigestContext) -> Credential {
    withParts(of: credentials) { userName, password in
      password.isEmpty || !isPlain(userName) ? .malformed : Credential(token: password, with: context)
    } ?? .malformed
  }

  /// Lends the user name of a whole Authorization header to `body`; nil if the header is not Basic, or broken.
  package static func withUserName<Result>(
    of header: Span<UInt8>, _ body: (Span<UInt8>) -> Result
  ) -> Result? {
    Credential.withBasic(in: header) { withParts(of: $0) { userName, _ in body(userName) } }
  }

  private static func withParts<Result>(
    of credentials: Span<UInt8>, _ body: (_ userName: Span<UInt8>, _ password: Span<UInt8>) -> Result
  ) -> Result? {
    guard var decoded = Base64.decode(credentials) else { return nil }
    defer { decoded.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
    let span = decoded.span
    guard let colon = span.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return body(span.extracting(..<colon), span.extracting((colon + 1)...))
  }

  /// UTF-8 or any other encoding: bytes, but no control characters of ASCII.
  private static func isPlain(_ userName: Span<UInt8>) -> Bool {
    for index in userName.indices where userName[index] < 0x20 || userName[index] == 0x7f { return false }
    return true
  }
}

/// Base64 as RFC 4648 section 4 has it: padded, without line ends, and with zeros in the bits that are left over.
enum Base64 {
  /// The bytes; nil if one character or the padding is wrong. No branch depends on a character but for the padding.
  static func decode(_ text: Span<UInt8>) -> [UInt8]? {
    let count = text.count
    guard count > 0, count.isMultiple(of: 4) else { return nil }
    let padding = text[count - 1] != equals ? 0 : text[count - 2] != equals ? 1 : 2
    let table = values.span
    var bytes: [UInt8] = []
    // Never grown, so never copied: a copy left behind would not be overwritten.
    bytes.reserveCapacity(count / 4 * 3)
    var worst: UInt8 = 0
    var bits: UInt32 = 0
    for index in 0..<(count - padding) {
      let value = table[Int(text[index])]
      worst |= value
      bits = bits << 6 | UInt32(value & 63)
      guard index % 4 == 3 else { continue }
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      bytes.append(UInt8(truncatingIfNeeded: bits))
    }
    if padding == 1 {
      bytes.append(UInt8(truncatingIfNeeded: bits >> 10))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
      worst |= bits & 3 == 0 ? 0 : invalid
    } else if padding == 2 {
      bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
      worst |= bits & 15 == 0 ? 0 : invalid
    }
    guard worst < invalid else {
      bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
      return nil
    }
    return bytes
  }

  private static let equals = UInt8(ascii: "=")
  private static let invalid: UInt8 = 64

  /// By the character; 64 if it is not of the alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: invalid, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()
}
