import BearerAuth

/// What a checked ai-plugin.json says, as far as it is understood.
public struct Manifest: Sendable {
  /// `service_http`, `none`, ...
  public internal(set) var authType: String?
  /// What applications issued, in the order of the file; placeholders are among them.
  public internal(set) var verificationTokens: [VerificationToken] = []
  /// Where the OpenAPI file is.
  public internal(set) var apiURL: WebURL?
  /// Where the picture is.
  public internal(set) var logoURL: WebURL?

  /// Where it must be published, on its site.
  public static let path = "/.well-known/ai-plugin.json"
}

/// A value that an application issued, to see that the manifest is of whoever registered it. It stands in the manifest,
/// so everybody knows it.
public struct VerificationToken: Sendable {
  /// Whose it is: `openai`.
  public let application: String
  /// As it was issued, or a placeholder.
  public let value: String
  /// Its bytes in the file, quotes included.
  public let range: Range<Int>

  /// Whether the application has not issued it yet, and something else stands in its place.
  public var isPlaceholder: Bool { VerificationToken.isPlaceholder(value) }

  /// What `manifest new` writes for an application.
  public static func placeholder(for application: String) -> String {
    "Replace_this_string_with_the_verification_token_of_\(application)"
  }

  /// Nothing, one character again and again, or words that speak of what should stand here. What applications issue
  /// is random, and holds no words.
  static func isPlaceholder(_ value: String) -> Bool {
    let letters = value.utf8.filter(\.isAlphanumeric)
    guard let first = letters.first, !letters.allSatisfy({ $0 == first }) else { return true }
    let parts = value.lowercased().split { !$0.isLetter && !$0.isNumber }
    return parts.contains { words.contains(String($0)) }
  }

  private static let words: Set<String> = [
    "change", "changeme", "here", "insert", "issued", "null", "pending", "placeholder", "replace", "tbd",
    "todo",
    "token", "verification", "your",
  ]
}
