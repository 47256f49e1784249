import BearerdService
import Glibc
import ServiceManifest

/// HTTP by curl(1), which supports TLS, proxies and HTTP/2 like the clients of the site.
///
/// All parameters are passed on standard input as a configuration, so the arguments are always the same:
/// nothing can be injected into them, and the process list shows no secret.
enum Curl {
  /// There was no response, or one that is not HTTP.
  struct Unanswered: Error, CustomStringConvertible {
    /// `curl: (7) Failed to connect to ...`
    var description: String
  }

  private static let maximumSize = PublishedFile.maximumSize
  // -q, which must come first: the user's ~/.curlrc must not affect the result.
  private static let command = ["curl", "-q", "--config", "-"]

  /// Sends the request and waits for the response. Redirects are not followed, as API clients do not follow them.
  /// - Throws: `Failure` if curl is not installed.
  static func response(to request: HTTPRequest) throws -> HTTPResponse {
    guard !request.holdsSecret || request.isPrivate else {
      throw Unanswered(description: "not sent: over http, a token is sent to this machine only")
    }
    var configuration = configuration(for: request)
    defer { configuration.wipe() }
    let child = try ChildProcess.run(
      command, environment: environment(for: request), input: configuration, limit: maximumSize + (1 << 16))
    guard !child.isCut else {
      throw Unanswered(description: "the response is larger than \(maximumSize >> 20) MiB")
    }
    guard child.code == 0 else { throw Unanswered(description: reason(child)) }
    guard let response = HTTPResponse(parsing: child.output) else {
      throw Unanswered(description: "the response is not HTTP")
    }
    return response
  }

  private static func reason(_ child: ChildProcess.Outcome) -> String {
    let text = String(decoding: child.errors, as: UTF8.self).split(whereSeparator: \.isNewline).first
    return text.map(String.init) ?? "curl exited with \(child.code)"
  }

  /// Passes only these variables: others could name a proxy, or a file for TLS keys.
  private static func environment(for request: HTTPRequest) -> [String] {
    let proxies = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
    let names =
      ["PATH", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"] + (request.allowsProxy ? proxies : [])
    return names.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
  }

  /// The addresses of a loopback name, so a resolver cannot change them; nil for an address or another name.
  private static func pin(for request: HTTPRequest) -> String? {
    let host = request.server?.host ?? request.url.host
    guard WebURL.isLoopback(host: host), host.hasSuffix("localhost") else { return nil }
    let port = request.server?.port ?? request.url.port ?? (request.url.isSecure ? 443 : 80)
    return "\(host):\(port):127.0.0.1,[::1]"
  }

  private static func configuration(for request: HTTPRequest) -> [UInt8] {
    var text: [UInt8] = []
    // A URL's syntax is strict, so it cannot contain an option; globoff keeps its brackets.
    text.append(option: "url", request.url.description.prefix { $0 != "#" }.utf8)
    // With --request only, curl would wait for the body of a response to HEAD.
    if request.method == "HEAD" {
      text += "head\n".utf8
    } else {
      text.append(option: "request", request.method.utf8)
    }
    if let version = request.version { text += "\(version.rawValue)\n".utf8 }
    if let target = request.target { text.append(option: "request-target", target.utf8) }
    if let body = request.body { text.append(option: "data-raw", body.utf8) }
    for (name, value) in request.headers { text.append(option: "header", Array("\(name): ".utf8) + value) }
    if let server = request.server {
      text.append(option: "connect-to", "::\(server.host):\(server.port)".utf8)
    }
    if !request.allowsProxy { text.append(option: "noproxy", "*".utf8) }
    if let pin = pin(for: request) { text.append(option: "resolve", pin.utf8) }
    text.append(option: "user-agent", "bearerd (checks its own site)".utf8)
    text.append(option: "proto", "=http,https".utf8)
    text.append(option: "connect-timeout", "5".utf8)
    text.append(option: "max-time", "\(request.timeout)".utf8)
    text.append(option: "max-filesize", "\(maximumSize)".utf8)
    for flag in ["silent", "show-error", "include", "suppress-connect-headers", "globoff", "path-as-is"] {
      text += "\(flag)\n".utf8
    }
    return text
  }
}

extension [UInt8] {
  /// Adds a line of curl's configuration, quoted as its manual says.
  fileprivate mutating func append(option name: String, _ value: some Sequence<UInt8>) {
    self += "\(name) = \"".utf8
    for byte in value {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
      // A line end would begin another option; no value contains one.
      append(byte < 0x20 ? UInt8(ascii: " ") : byte)
    }
    self += "\"\n".utf8
  }
}
