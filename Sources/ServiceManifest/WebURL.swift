import BearerAuth

/// An http or https URL as it stands in a manifest (RFC 3986, absolute): strictly read, nothing is repaired.
package struct WebURL: Equatable, Sendable, CustomStringConvertible {
  /// Whether it is https.
  package let isSecure: Bool
  /// In lower case; an IPv6 address with its brackets.
  package let host: String
  /// Nil where the scheme's own is meant.
  package let port: UInt16?
  /// From the first slash on, with the query; `/` where there is none.
  package let path: String
  /// As it was written.
  package let description: String

  /// Why a text is no URL, as the end of a sentence.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    /// `has no host; write https://HOST/PATH`
    package let description: String
  }

  /// Reads a whole URL.
  package init(parsing text: String) throws(Invalid) {
    let scheme = text.prefix { $0 != ":" }.lowercased()
    guard scheme == "https" || scheme == "http", text.dropFirst(scheme.count).hasPrefix("://") else {
      throw Invalid(description: "is no URL; write https://HOST/PATH")
    }
    guard text.utf8.allSatisfy(WebURL.isAllowed) else {
      throw Invalid(description: "holds a character that a URL has only in its %-form")
    }
    let rest = text.dropFirst(scheme.count + 3)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else {
      throw Invalid(description: "holds a user's name or password; take it out, for all can read it")
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
  /// - Parameter path: from its slash on.
  package func at(_ path: String) throws(Invalid) -> WebURL { try WebURL(parsing: origin + path) }

  /// What another URL, or a path from a slash on, means where it stands in this one's file.
  package func resolving(_ reference: String) throws(Invalid) -> WebURL {
    reference.hasPrefix("/") && !reference.hasPrefix("//")
      ? try at(reference) : try WebURL(parsing: reference)
  }

  /// Whether it leads to this machine, where nothing needs to be encrypted.
  package var isLoopback: Bool { WebURL.isLoopback(host: host) }

  /// Whether a host, as it stands in a URL, is this machine by its spelling alone: `localhost` and names below it (RFC 6761
  /// section 6.3), `127.0.0.0/8` and `[::1]`. Other spellings of the same addresses do not count.
  package static func isLoopback(host: String) -> Bool {
    host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
      || host.hasPrefix("127.") && IPAddress(parsing: host) != nil
  }

  /// What its owner registered: `example.com` of `api.example.com`.
  ///
  /// Without the public suffix list, which is long and never done: two labels, or three where the last but one is one
  /// of those that registries use below a country (`co.uk`, `com.br`).
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
        throw Invalid(description: "has no IPv6 address between its brackets")
      }
    } else {
      guard !host.isEmpty, host.utf8.allSatisfy({ $0.isAlphanumeric || "-._".utf8.contains($0) }) else {
        throw Invalid(description: "has no host; write https://HOST/PATH")
      }
    }
    guard !rest.isEmpty else { return (host.lowercased(), nil) }
    let digits = rest.dropFirst()
    guard rest.hasPrefix(":"), digits.utf8.allSatisfy(\.isDigit), let port = UInt16(digits), port > 0 else {
      throw Invalid(description: "has no port from 1 to 65535 behind its host")
    }
    return (host.lowercased(), port)
  }

  /// Visible ASCII, less what RFC 3986 leaves out.
  private static func isAllowed(_ byte: UInt8) -> Bool {
    (0x21...0x7e).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
  }
}
