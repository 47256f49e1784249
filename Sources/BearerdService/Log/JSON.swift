import BearerAuth

/// The little JSON that is written here (RFC 8259).
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

  /// A JSON text as it is, with an escape for each character that must not reach a terminal. Outside of strings there are no
  /// such characters but white space, which stays.
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
