import ServiceManifest

/// An HTTP request.
struct HTTPRequest {
  var method = "GET"
  var url: WebURL
  /// May contain secrets.
  var headers: [(name: String, value: [UInt8])] = []
  /// How long the whole exchange may take, in seconds.
  var timeout = 15
  var route: HTTPRoute?
  /// Nil leaves the choice to curl.
  var version: HTTPVersion?
  /// The request line has this in place of the URL's path.
  var target: String?
  var body: String?

  private(set) var holdsSecret = false

  /// The request with this Authorization header, which `Curl` sends only if `isPrivate`.
  func authorized(_ value: [UInt8]) -> HTTPRequest {
    var request = self
    request.headers.append(("Authorization", value))
    request.holdsSecret = true
    return request
  }

  /// Whether no other machine can read it: TLS, or a connection within this machine.
  var isPrivate: Bool { url.isSecure || url.isLoopback && server?.isLoopback != false }

  /// The server to connect to instead of the URL's own.
  var server: HTTPRoute? { route?.domain == url.registeredDomain ? route : nil }

  /// Whether a proxy from the environment may be used. Only for TLS, where a proxy sees only the host name; not
  /// for this machine, and not for a server given by its address.
  var allowsProxy: Bool { url.isSecure && !url.isLoopback && server == nil }
}

/// A version of HTTP, as curl names it.
enum HTTPVersion: String {
  case http1_0 = "http1.0"
  case http1_1 = "http1.1"
  /// By ALPN: over TLS only.
  case http2
  /// Without TLS, and without asking first.
  case cleartextHTTP2 = "http2-prior-knowledge"
}

/// A server to use instead of the one that a domain resolves to.
struct HTTPRoute {
  /// `example.com`, which includes all names below it.
  var domain: String
  /// An IPv6 address has its brackets.
  var host: String
  var port: UInt16

  var isLoopback: Bool { WebURL.isLoopback(host: host) }
}

/// An HTTP response.
struct HTTPResponse {
  /// `HTTP/1.1`, `HTTP/2`
  var version = ""
  var status = 0
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []

  /// The values of all header lines with this name.
  func values(of name: String) -> [String] {
    headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  func value(of name: String) -> String? { values(of: name).first }

  /// Parses the output of `curl --include`; nil if it is not a response.
  init?(parsing output: [UInt8]) {
    var rest = output[...]
    repeat {
      guard let end = rest.firstEndOfHead else { return nil }
      // Split as bytes: in a Swift String, CR LF is one character.
      let lines = rest[..<end.lowerBound].split(separator: UInt8(ascii: "\n")).map { line in
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
      }
      let words = lines.first?.split(separator: " ") ?? []
      guard words.count > 1, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else { return nil }
      self.status = status
      version = String(words[0])
      headers = lines.dropFirst().compactMap(HTTPResponse.header)
      rest = rest[end.upperBound...]
      // Skips informational responses: 100 Continue, 103 Early Hints.
    } while status < 200
    body = Array(rest)
  }

  private static func header(_ line: String) -> (name: String, value: String)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    return (String(line[..<colon]), String(value))
  }
}

extension ArraySlice<UInt8> {
  /// The empty line after the head.
  fileprivate var firstEndOfHead: Range<Int>? {
    let end: [UInt8] = [13, 10, 13, 10]
    return indices.first { self[$0...].starts(with: end) }.map { $0..<$0 + end.count }
  }
}

/// The WWW-Authenticate header of a response, as far as the doctor checks it (RFC 9110 section 11.6.1).
struct ReceivedChallenge {
  let isBearer: Bool
  let hasRealm: Bool
  /// `invalid_token` and the like; nil if the request had no token (RFC 6750 section 3.1).
  let error: String?
  /// The required scope, if the token lacks it.
  let scope: String?

  init(_ value: String) {
    // Behind Basic, in one header, if the location accepts both.
    let both = value.lowercased().hasPrefix("basic ") ? value.firstRange(of: ", Bearer ") : nil
    let value = both.map { value[$0.lowerBound...].dropFirst(2) } ?? value[...]
    let scheme = value.prefix { $0 != " " }
    isBearer = scheme.lowercased() == "bearer"
    let parameters = value.dropFirst(scheme.count)
    hasRealm = ReceivedChallenge.parameter("realm", in: parameters) != nil
    error = ReceivedChallenge.parameter("error", in: parameters)
    scope = ReceivedChallenge.parameter("scope", in: parameters)
  }

  /// The value of `name="value"`; bearerd escapes quotes only in the realm.
  private static func parameter(_ name: String, in text: Substring) -> String? {
    for start in [" \(name)=\"", ",\(name)=\""] {
      guard let range = text.firstRange(of: start) else { continue }
      return String(text[range.upperBound...].prefix { $0 != "\"" })
    }
    return nil
  }
}
