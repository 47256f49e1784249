/// Where a location passes its requests.
struct Backend {
  enum Kind: String {
    case proxy, fastcgi, grpc, uwsgi, scgi, memcached

    /// The directives that say which headers or parameters the backend gets.
    var headers: String {
      switch self {
      case .proxy: "proxy_set_header"
      case .grpc: "grpc_set_header"
      case .fastcgi, .uwsgi, .scgi, .memcached: "\(rawValue)_param"
      }
    }

    /// Whether it names request headers as CGI does.
    var hasParameters: Bool { self == .fastcgi || self == .uwsgi || self == .scgi }
  }

  let kind: Kind
  /// The `*_pass`.
  let directive: Directive
  /// Its servers, as `127.0.0.1:8080` or `unix:/path`; the text itself if it has variables.
  let addresses: Set<String>
  /// The part of the URL that takes the place of the location's prefix; nil if the URI goes on as it is.
  let path: String?

  var hasVariables: Bool { directive.value?.utf8.contains(UInt8(ascii: "$")) == true }

  /// Nil if the directive passes nothing.
  init?(_ directive: Directive, upstreams: [String: Set<String>]) {
    guard directive.name.hasSuffix("_pass"), let kind = Kind(rawValue: String(directive.name.dropLast(5))),
      let target = directive.value
    else { return nil }
    self.kind = kind
    self.directive = directive
    var rest = Substring(target)
    var port = kind == .proxy ? ":80" : ""
    for (scheme, number) in [
      ("https://", ":443"), ("http://", ":80"), ("grpcs://", ":443"), ("grpc://", ":80"),
      ("suwsgi://", ""), ("uwsgi://", ""), ("scgi://", ""),
    ] where rest.lowercased().hasPrefix(scheme) {
      rest = rest.dropFirst(scheme.count)
      port = number
      break
    }
    var path: String?
    if rest.hasPrefix("unix:") {
      // unix:/path:/uri
      let tail = rest.dropFirst(5)
      if kind == .proxy, let colon = tail.firstIndex(of: ":") {
        path = String(tail[tail.index(after: colon)...])
        rest = rest[..<colon]
      }
      port = ""
    } else if kind == .proxy, let slash = rest.firstIndex(of: "/") {
      path = String(rest[slash...])
      rest = rest[..<slash]
    }
    // `http://127.0.0.1:8080$request_uri`: the host ends where a variable begins, if it ends with a port or is known.
    if kind == .proxy, path == nil, let dollar = rest.firstIndex(of: "$") {
      let host = rest[..<dollar]
      let hasPort = host.contains(":") && host.utf8.last.map { (0x30...0x39).contains($0) } == true
      if hasPort || upstreams[host.lowercased()] != nil {
        path = String(rest[dollar...])
        rest = host
      }
    }
    self.path = path?.isEmpty == true ? nil : path
    let host = String(rest).lowercased()
    addresses = upstreams[host] ?? [Backend.address(host, defaultPort: port)]
  }

  /// One name for each address that is written in several ways.
  static func address(_ text: String, defaultPort: String) -> String {
    let text = text.lowercased()
    guard !text.hasPrefix("unix:"), !text.contains("$") else { return text }
    let hasPort = text.hasPrefix("[") ? text.contains("]:") : text.contains(":")
    let full = hasPort ? text : text + defaultPort
    for local in ["localhost:", "[::1]:"] where full.hasPrefix(local) {
      return "127.0.0.1:" + full.dropFirst(local.count)
    }
    return full
  }

  /// What `set_header` or `param` directives give a name, without regard to case; nil if none does.
  static func value(of name: String, in directives: [Directive]) -> Directive? {
    directives.first { $0.value?.lowercased() == name.lowercased() }
  }
}
