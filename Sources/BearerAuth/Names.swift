/// The name of an application: `openai`, `zapier`, `ci`.
package struct ApplicationName: Hashable, Sendable, CustomStringConvertible {
  /// The name itself; safe in a header, a log field and a file name.
  package let description: String

  /// Nil if the name breaks the rule.
  package init?(_ text: String) {
    guard ApplicationName.isValid(text.utf8.span) else { return nil }
    description = text
  }

  /// The rule, as the end of a sentence.
  package static let rule =
    "1 to 63 of a-z, 0-9, dot, hyphen and underscore, beginning with a letter or digit"

  static func isValid(_ bytes: Span<UInt8>) -> Bool {
    guard (1...63).contains(bytes.count), bytes[0].isLower || bytes[0].isDigit else { return false }
    for index in bytes.indices where !isNameByte(bytes[index]) { return false }
    return true
  }

  /// `[a-z0-9._-]`: none is special in a shell, a header, a URL or the token file.
  static func isNameByte(_ byte: UInt8) -> Bool {
    byte.isLower || byte.isDigit
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
  }
}

/// The short public name of one token of an application: `k7f3q2`. For logs, lists and rotation; it grants
/// nothing and reveals nothing of the secret.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
  /// The name itself.
  package let description: String

  /// Nil if the name breaks the rule.
  package init?(_ text: String) {
    guard KeyID.isValid(text.utf8.span) else { return nil }
    description = text
  }

  /// A new id of six characters (about 30 bits) from as many random bytes. Without 0, 1, l and o, which are
  /// easily confused when read out.
  package init(randomBytes: [UInt8]) {
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    description = String(decoding: randomBytes.prefix(6).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
  }

  /// The rule, as the end of a sentence.
  package static let rule = "1 to 15 of a-z and 0-9"

  static func isValid(_ bytes: Span<UInt8>) -> Bool {
    // Swift stores up to 15 bytes inside the String, so a key id costs no allocation.
    guard (1...15).contains(bytes.count) else { return false }
    for index in bytes.indices where !(bytes[index].isLower || bytes[index].isDigit) { return false }
    return true
  }
}

/// A note about a token: who owns it. For administrators only: it decides nothing.
///
/// A class, because most tokens have none: then it takes eight bytes of a token.
package final class Note: Sendable, CustomStringConvertible {
  /// The note itself; may contain any printable character, so it is escaped where it is shown with others.
  package let description: String

  private static let maximumLength = 256

  /// Nil if the text breaks the rule.
  package init?(_ text: String) {
    guard (1...Note.maximumLength).contains(text.utf8.count), text.unicodeScalars.allSatisfy(\.isPrintable),
      !Note.holdsSecret(text)
    else { return nil }
    description = text
  }

  /// The rule, as the end of a sentence.
  package static let rule = "1 to 256 bytes of printable text on one line, without a token in it"

  /// The value in the token file: in quotation marks, with `\"` and `\\` for these two characters.
  var quoted: String {
    // Not by Character: a mark may combine with the quotation mark before it.
    description.unicodeScalars.reduce(into: "\"") { text, scalar in
      if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
      text.unicodeScalars.append(scalar)
    } + "\""
  }

  private static func holdsSecret(_ text: String) -> Bool {
    text.utf8.split { !$0.isAlphanumeric && $0 != UInt8(ascii: "_") }.contains {
      $0.count >= Secret.length && $0.starts(with: Secret.prefix.utf8)
    }
  }
}

/// A scope: `read`, `mcp:tools`, `repo/read`. A scope-token of RFC 6749 section 3.3, without the comma, which separates
/// scopes in the token file. Bytes compare exactly.
///
/// Stored inline, so comparing scopes allocates nothing.
package struct Scope: Hashable, Sendable {
  /// Eight bytes of the name per word, padded with zeros. A name contains no zero, so no length is stored.
  private var words = InlineArray<16, UInt64>(repeating: 0)

  private static let maximumLength = 128

  /// Nil if the name breaks the rule.
  package init?(_ bytes: Span<UInt8>) {
    guard (1...Scope.maximumLength).contains(bytes.count) else { return nil }
    for index in bytes.indices {
      guard Scope.isNameByte(bytes[index]) else { return nil }
      words[index / 8] |= UInt64(bytes[index]) << UInt64(index % 8 * 8)
    }
  }

  /// Nil if the name breaks the rule.
  package init?(_ text: String) {
    self.init(text.utf8.span)
  }

  /// The rule, as the end of a sentence.
  package static let rule = "1 to 128 visible characters of ASCII without comma, quotation mark and backslash"

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\\"): false
    default: (0x21...0x7e).contains(byte)
    }
  }

  /// Compares whole names: `read` is not `reader`.
  package static func == (left: Scope, right: Scope) -> Bool {
    for index in 0..<16 where left.words[index] != right.words[index] { return false }
    return true
  }

  /// Hashes every byte.
  package func hash(into hasher: inout Hasher) {
    for index in 0..<16 { hasher.combine(words[index]) }
  }
}

extension Scope: CustomStringConvertible {
  /// The name itself.
  package var description: String {
    var bytes: [UInt8] = []
    for index in 0..<Scope.maximumLength {
      let byte = UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
      guard byte != 0 else { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What a location requires of a token with scopes: one of them.
package enum RequiredScopes: Hashable, Sendable {
  /// None, so that a token with scopes is refused.
  case absent
  /// At least one, any one of which suffices.
  case any([Scope])
  /// Not a list of scopes. No token is valid here, not even one without scopes: the text may be of the URL.
  case invalid

  /// Reads scopes with single spaces between them, as the web server names them; no bytes: absent.
  package init(_ bytes: Span<UInt8>) {
    guard !bytes.isEmpty else {
      self = .absent
      return
    }
    var scopes: [Scope] = []
    var start = 0
    while start <= bytes.count {
      let end = bytes.firstIndex(of: UInt8(ascii: " "), from: start) ?? bytes.count
      guard let scope = Scope(bytes.extracting(start..<end)) else {
        self = .invalid
        return
      }
      scopes.append(scope)
      start = end + 1
    }
    self = .any(scopes)
  }

  /// The same for an administrator's option, where a mistake is one: nil unless there is at least one scope.
  package init?(_ text: String) {
    self.init(text.utf8.span)
    guard self != .absent, self != .invalid else { return nil }
  }
}

extension RequiredScopes: CustomStringConvertible {
  /// The scopes with spaces between them (RFC 6749 section 3.3); empty if there is none.
  package var description: String {
    switch self {
    case .absent, .invalid: ""
    case .any(let scopes): scopes.map(\.description).joined(separator: " ")
    }
  }
}
