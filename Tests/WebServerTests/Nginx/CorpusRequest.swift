import Foundation

/// A request of the corpus: `METHOD TARGET [VERSION] | Header: value | …`, sent byte for byte.
struct CorpusRequest: CustomStringConvertible {
  let description: String

  /// What a client writes who wants to be another application.
  static let forgedName = "forged-by-client"

  /// Header lines and what stands for other things: `Port: 2`, `Tls: yes`, `Body: COUNT`, `Text: BODY`, `Host: none`.
  private var parts: [String] {
    description.components(separatedBy: " | ").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  init(_ text: String) { description = text }

  /// The same with `@name@` replaced.
  func replacing(_ name: String, with value: String) -> CorpusRequest {
    CorpusRequest(description.replacingOccurrences(of: "@\(name)@", with: value))
  }

  var usesSecondPort: Bool { parts.contains("Port: 2") }

  var usesTLS: Bool { parts.contains("Tls: yes") }

  func bytes(token: String?) -> [UInt8] {
    var host = "localhost"
    var body = ""
    var lines: [String] = []
    for part in parts.dropFirst() {
      let (name, value) = Self.field(Self.expanded(part))
      switch name {
      case "Port", "Tls": continue
      case "Body": body = String(repeating: "x", count: Int(value) ?? 0)
      case "Text": body = value
      case "Host": host = value
      default: lines.append("\(name): \(value)")
      }
    }
    if let token, !lines.contains(where: { $0.hasPrefix("Authorization:") }) {
      lines.append("Authorization: Bearer \(token)")
    }
    var first = Self.expanded(parts[0])
    if !first.contains(" HTTP/") { first += " HTTP/1.1" }
    if !body.isEmpty || first.hasPrefix("POST") || first.hasPrefix("PUT") {
      lines.append("Content-Length: \(body.utf8.count)")
    }
    let forged = ["X-Bearerd-Application", "X_Bearerd_Application", "X-Bearerd-Key"].map {
      "\($0): \(Self.forgedName)"
    }
    // What stands above Host is read by the rules of the address's default server.
    let hosts = host == "none" ? [] : ["Host: \(host)"]
    lines = [first, "Connection: close"] + forged + hosts + lines + forged
    let text = lines.joined(separator: "\r\n").replacingOccurrences(of: "@token@", with: token ?? "@token@")
    return Array("\(text)\r\n\r\n\(body)".utf8)
  }

  private static func field(_ part: String) -> (name: String, value: String) {
    let parts = part.split(separator: ":", maxSplits: 1)
    return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
  }

  /// `@x66000@` stands for so many letters.
  private static func expanded(_ text: String) -> String {
    text.replacing(/@x(\d+)@/) { String(repeating: "x", count: Int($0.1) ?? 0) }
  }
}
