import BearerAuth

/// Prepares parameters that a client can influence for the log.
enum LogText {
  /// The maximum bytes of one value.
  static let maximumLength = 200

  /// The value, cut to the maximum length, with anything of the shape of a bearerd token removed.
  static func value(_ bytes: Span<UInt8>) -> String {
    text(bytes, length: bytes.count)
  }

  /// A user name, which is not verified; `...` for one that is as hard to guess as a token, and may be one.
  static func userName(_ bytes: Span<UInt8>) -> String {
    SecretStrength(of: bytes).isSufficient ? "..." : value(bytes)
  }

  /// The path of a URI: a query may contain secrets of any shape.
  static func path(_ bytes: Span<UInt8>) -> String {
    text(bytes, length: bytes.indices.first { bytes[$0] == UInt8(ascii: "?") } ?? bytes.count)
  }

  private static func text(_ bytes: Span<UInt8>, length: Int) -> String {
    let sent = (0..<min(length, maximumLength)).map { bytes[$0] }
    let plain = withoutPercentEncoding(sent)
    // If the token shows only after decoding, the decoded text is logged, without the token.
    let shown = plain.indices.contains { beginsSecret(plain[$0...]) } ? withoutSecrets(plain) : sent
    return String(decoding: shown, as: UTF8.self) + (length > maximumLength ? "..." : "")
  }

  /// Undoes percent-encoding (RFC 3986 section 2.1) repeatedly: %2562 becomes %62 and then b.
  private static func withoutPercentEncoding(_ sent: [UInt8]) -> [UInt8] {
    var text = sent
    while true {
      var plain: [UInt8] = []
      var rest = text[...]
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), let high = rest.first?.hexValue,
          let low = rest.dropFirst().first?.hexValue
        {
          plain.append(high << 4 | low)
          rest = rest.dropFirst(2)
        } else {
          plain.append(byte)
        }
      }
      if plain.count == text.count { return plain }
      text = plain
    }
  }

  private static func withoutSecrets(_ text: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    var rest = text[...]
    while let byte = rest.first {
      if beginsSecret(rest) {
        kept += "brd_...".utf8
        rest = rest.dropFirst(4).drop(while: \.isAlphanumeric)
      } else {
        kept.append(byte)
        rest = rest.dropFirst()
      }
    }
    return kept
  }

  /// In lower or upper case: someone who reads the log could try both.
  private static func beginsSecret(_ text: ArraySlice<UInt8>) -> Bool {
    text.prefix(3).elementsEqual("brd".utf8) { $0 | 0x20 == $1 }
      && text.dropFirst(3).first == UInt8(ascii: "_")
  }
}

/// A minimal JSON writer (RFC 8259).
package indirect enum JSON: CustomStringConvertible {
  case null
  case boolean(Bool)
  case number(Int)
  case string(String)
  case list([JSON])
  case object(KeyValuePairs<String, JSON>)

  /// On one line.
  package var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let number): String(number)
    case .string(let text): JSON.quoted(text)
    case .list(let items): "[\(items.map(\.description).joined(separator: ", "))]"
    case .object(let members):
      "{\(members.map { "\(JSON.quoted($0)): \($1)" }.joined(separator: ", "))}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { quoted += "\\" }
      append(scalar, to: &quoted)
    }
    return quoted + "\""
  }

  /// A JSON text with an escape for each character that must not reach a terminal. Outside of strings JSON has
  /// no such characters except white space, which is kept.
  package static func escaped(_ json: String) -> String {
    json.unicodeScalars.reduce(into: "") { text, scalar in
      if scalar == "\n" || scalar == "\r" || scalar == "\t" {
        text += scalar == "\n" ? "\n" : " "
      } else {
        append(scalar, to: &text)
      }
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    guard !scalar.isPrintable else { return text.unicodeScalars.append(scalar) }
    for unit in String(scalar).utf16 {
      let digits = String(unit, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
}
