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
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case "\0"..<" ": "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
