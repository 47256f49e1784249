import ServiceManifest

/// A request as a caller sends it.
struct HTTPRequest {
  var method = "GET"
  var url: WebURL
  /// May hold secrets.
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

  /// One with this Authorization header, which `Curl` sends only if `isPrivate`.
  func authorized(_ value: [UInt8]) -> HTTPRequest {
    var request = self
    request.headers.append(("Authorization", value))
    request.holdsSecret = true
    return request
  }

  /// Whether no other machine can read it: TLS, or a connection that stays on this machine.
  var isPrivate: Bool { url.isSecure || url.isLoopback && server?.isLoopback != false }

  /// The server to connect to instead of the URL's own.
  var server: HTTPRoute? { route?.domain == url.registeredDomain ? route : nil }

  /// Whether a proxy of the environment may be used. Only for TLS, of which a proxy sees nothing but the host's name; and not
  /// for this machine, nor for a server that was named by its address.
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

/// Another server than the one that the names of a domain lead to.
struct HTTPRoute {
  /// `example.com`, for all names below it as well.
  var domain: String
  /// An IPv6 address has its brackets.
  var host: String
  var port: UInt16

  var isLoopback: Bool { WebURL.isLoopback(host: host) }
}

/// What came back.
struct HTTPResponse {
  /// `HTTP/1.1`, `HTTP/2`
  var version = ""
  var status = 0
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []

  /// The values of all header lines of that name.
  func values(of name: String) -> [String] {
    headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  func value(of name: String) -> String? { values(of: name).first }

  /// Takes apart what `curl --include` prints; nil where that is no response.
  init?(parsing output: [UInt8]) {
    var rest = output[...]
    repeat {
      guard let end = rest.firstEndOfHead else { return nil }
      // By bytes: to Swift, CR LF is one character.
      let lines = rest[..<end.lowerBound].split(separator: UInt8(ascii: "\n")).map { line in
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
      }
      let words = lines.first?.split(separator: " ") ?? []
      guard words.count > 1, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else { return nil }
      self.status = status
      version = String(words[0])
      headers = lines.dropFirst().compactMap(HTTPResponse.header)
      rest = rest[end.upperBound...]
      // What comes before the response itself: 100 Continue, 103 Early Hints.
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
  /// The empty line behind a head.
  fileprivate var firstEndOfHead: Range<Int>? {
    let end: [UInt8] = [13, 10, 13, 10]
    return indices.first { self[$0...].starts(with: end) }.map { $0..<$0 + end.count }
  }
}

/// The WWW-Authenticate header of an answer, as far as the doctor wants to know it (RFC 9110 section 11.6.1).
struct ReceivedChallenge {
  let isBearer: Bool
  let hasRealm: Bool
  /// `invalid_token` and the like; nil where no token was seen (RFC 6750 section 3.1).
  let error: String?
  /// The door's name, for a token that does not open it.
  let scope: String?

  init(_ value: String) {
    let scheme = value.prefix { $0 != " " }
    isBearer = scheme.lowercased() == "bearer"
    let parameters = value.dropFirst(scheme.count)
    hasRealm = ReceivedChallenge.parameter("realm", in: parameters) != nil
    error = ReceivedChallenge.parameter("error", in: parameters)
    scope = ReceivedChallenge.parameter("scope", in: parameters)
  }

  /// The value of `name="value"`; no quote in it is escaped where bearerd wrote it, but for the realm.
  private static func parameter(_ name: String, in text: Substring) -> String? {
    for start in [" \(name)=\"", ",\(name)=\""] {
      guard let range = text.firstRange(of: start) else { continue }
      return String(text[range.upperBound...].prefix { $0 != "\"" })
    }
    return nil
  }
}
