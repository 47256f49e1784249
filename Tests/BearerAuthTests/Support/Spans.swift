@testable import BearerAuth

// The macros of Swift Testing cannot take a call that is given a Span; these take what owns the bytes.

extension Digest {
  init?(hex: String) {
    self.init(hex: hex.utf8.span)
  }
}

extension Secret {
  static func isWellFormed(_ bytes: [UInt8]) -> Bool { isWellFormed(bytes.span) }
  static func isMistyped(_ bytes: [UInt8]) -> Bool { isMistyped(bytes.span) }
}

extension SecretStrength {
  init(of secret: String) {
    self.init(of: secret.utf8.span)
  }
}

extension Instant {
  init(strictly text: String) throws(ParsingError) {
    try self.init(parsing: text.utf8.span)
  }
}

extension CRC32 {
  static func checksum(of text: String) -> UInt32 { checksum(of: text.utf8.span) }
}

extension DigestContext {
  func digest(of text: String) -> Digest? { digest(of: text.utf8.span) }
}

extension Base62 {
  static func decode(_ digits: [UInt8]) -> UInt64? { decode(digits.span) }
}
