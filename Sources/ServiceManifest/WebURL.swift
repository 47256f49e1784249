import BearerAuth

/// An absolute http or https URL (RFC 3986), parsed strictly; nothing is repaired.
package struct WebURL: Equatable, Sendable, CustomStringConvertible {
  /// Whether it is https.
  package let isSecure: Bool
  /// In lower case; an IPv6 address with its brackets.
  package let host: String
  /// Nil for the scheme's default.
  package let port: UInt16?
  /// From the first slash on, with the query; `/` if there is none.
  package let path: String
  /// As written.
  package let description: String

  /// Why a text is not a URL, as the end of a sentence.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    /// `has no host; write https://HOST/PATH`
    package let description: String
  }

  /// Parses an absolute URL.
  package init(parsing text: String) throws(Invalid) {
    let scheme = text.prefix { $0 != ":" }.lowercased()
    guard scheme == "https" || scheme == "http", text.dropFirst(scheme.count).hasPrefix("://") else {
      throw Invalid(description: "is not a URL; write https://HOST/PATH")
    }
    guard text.utf8.allSatisfy(WebURL.isAllowed) else {
      throw Invalid(description: "contains a character that must be percent-encoded")
    }
    let rest = text.dropFirst(scheme.count + 3)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else {
      throw Invalid(description: "contains a user name or password; remove it: others could read it")
    }
    (host, port) = try WebURL.split(authority)
    let tail = rest[authority.endIndex...].prefix { $0 != "#" }
    path = tail.hasPrefix("/") ? String(tail) : "/\(tail)"
    isSecure = scheme == "https"
    description = text
  }

  /// `https://example.com:8443`
  package var origin: String {
    "\(isSecure ? "https" : "http")://\(host)\(port.map { ":\($0)" } ?? "")"
  }

  /// Another path of the same site.
  /// - Parameter path: begins with a slash.
  package func at(_ path: String) throws(Invalid) -> WebURL { try WebURL(parsing: origin + path) }

  /// Another URL, or a path that begins with a slash, resolved against this one.
  package func resolving(_ reference: String) throws(Invalid) -> WebURL {
    reference.hasPrefix("/") && !reference.hasPrefix("//")
      ? try at(reference) : try WebURL(parsing: reference)
  }

  /// Whether it is on this machine, where encryption is not needed.
  package var isLoopback: Bool { WebURL.isLoopback(host: host) }

  /// Whether a host in a URL is this machine, judged by its text: `localhost` and names below it (RFC 6761
  /// section 6.3), `127.0.0.0/8` and `[::1]`. Other forms of these addresses do not count.
  package static func isLoopback(host: String) -> Bool {
    host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
      || host.hasPrefix("127.") && IPAddress(parsing: host) != nil
  }

  /// The registered domain: `example.com` of `api.example.com`.
  ///
  /// Without the public suffix list, which is long and always incomplete: two labels, or three if the
  /// second-level domain is one that registries use below a country (`co.uk`, `com.br`).
  package var registeredDomain: String {
    let labels = host.split(separator: ".")
    guard labels.count > 2, !isAddress else { return host }
    let isBelowRegistry =
      labels[labels.count - 1].utf8.count == 2
      && ["ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"].contains(labels[labels.count - 2])
    return labels.suffix(isBelowRegistry ? 3 : 2).joined(separator: ".")
  }

  private var isAddress: Bool { host.hasPrefix("[") || IPAddress(parsing: host) != nil }

  private static func split(_ authority: Substring) throws(Invalid) -> (host: String, port: UInt16?) {
    let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map(authority.index(after:)) : nil
    let host = end.map { authority[..<$0] } ?? authority.prefix { $0 != ":" }
    let rest = authority[host.endIndex...]
    if host.hasPrefix("[") {
      guard IPAddress(parsing: String(host.dropFirst().dropLast())) != nil else {
        throw Invalid(description: "has no valid IPv6 address in its brackets")
      }
    } else {
      guard !host.isEmpty, host.utf8.allSatisfy({ $0.isAlphanumeric || "-._".utf8.contains($0) }) else {
        throw Invalid(description: "has no host; write https://HOST/PATH")
      }
    }
    guard !rest.isEmpty else { return (host.lowercased(), nil) }
    let digits = rest.dropFirst()
    guard rest.hasPrefix(":"), digits.utf8.allSatisfy(\.isDigit), let port = UInt16(digits), port > 0 else {
      throw Invalid(description: "needs a port from 1 to 65535 after its host")
    }
    return (host.lowercased(), port)
  }

  /// Visible ASCII, except the characters that RFC 3986 excludes.
  private static func isAllowed(_ byte: UInt8) -> Bool {
    (0x21...0x7e).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
  }
}
