/// A configuration as a whole: its servers, its backends, and the locations that bearerd guards.
final class Site {
  let text: ConfigurationText
  let http: Context
  let servers: [Context]
  let upstreams: [String: Set<String>]
  let patterns = PatternStore()
  private let search: LocationSearch
  private var known: [ObjectIdentifier: [[UInt8]: LocationSearch.Result]] = [:]
  private(set) lazy var defaultServers = Site.defaultServers(of: servers)
  var accesses: [ObjectIdentifier: Access] = [:]
  var backendsAfter: [ObjectIdentifier: [Backend]] = [:]
  private var checks: [ObjectIdentifier: Check?] = [:]

  /// The target of `auth_request`.
  enum Check {
    /// A location that passes the check to bearerd.
    case bearerd(Context)
    /// Another location, for example a login.
    case other(Context)
  }

  init(_ text: ConfigurationText) {
    self.text = text
    search = LocationSearch(patterns)
    let block = text.directives.first { $0.name == "http" && $0.block != nil }
    // A file of sites-enabled, for example, is the content of the http block.
    http = Context(
      .http,
      block ?? Directive(name: "http", arguments: [], block: text.directives, place: Place(file: 0, line: 1)),
      in: nil)
    servers = http.children
    upstreams = Dictionary(
      http.own("upstream").compactMap { upstream in
        guard let name = upstream.value?.lowercased() else { return nil }
        let members = (upstream.block ?? []).filter { $0.name == "server" }.compactMap(\.value)
        return (name, Set(members.map { Backend.address($0, defaultPort: ":80") }))
      }
    ) { first, _ in first }
  }

  /// Whether the text contains the http block, and not only its content.
  var isWhole: Bool { http.directive.block != nil && text.directives.contains { $0.name == "http" } }

  /// The backend of the context itself.
  func backend(of context: Context) -> Backend? {
    for kind in [Backend.Kind.proxy, .fastcgi, .grpc, .uwsgi, .scgi, .memcached] {
      if let directive = context.own("\(kind.rawValue)_pass").first {
        return Backend(directive, upstreams: upstreams)
      }
    }
    return nil
  }

  /// The check of requests for the context's content; nil if there is none.
  func check(of context: Context) -> Check? {
    let id = ObjectIdentifier(context)
    if let known = checks[id] { return known }
    let found = findCheck(of: context)
    checks[id] = .some(found)
    return found
  }

  private func findCheck(of context: Context) -> Check? {
    guard let uri = context.value("auth_request"), uri != "off", let server = context.server else {
      return nil
    }
    let location = location(for: Array(uri.utf8), in: server).context
    return isBearerd(location) ? .bearerd(location) : .other(location)
  }

  /// The location that passes the check to bearerd; nil if the context is not guarded by it.
  func checkLocation(of context: Context) -> Context? {
    if case .bearerd(let location) = check(of: context) { location } else { nil }
  }

  func isGuarded(_ context: Context) -> Bool { checkLocation(of: context) != nil }

  /// Whether a location passes checks to bearerd: judged by its name, its upstream's name, or a parameter of
  /// bearerd.
  func isBearerd(_ location: Context) -> Bool {
    guard let backend = backend(of: location), backend.kind == .fastcgi, location.kind != .server else {
      return false
    }
    if location.location?.path.map({ String(decoding: $0, as: UTF8.self).contains("bearerd") }) == true {
      return true
    }
    if backend.directive.value?.contains("bearerd") == true
      || backend.addresses.contains(where: { $0.contains("bearerd") })
    {
      return true
    }
    let read = ["BEARERD_SCOPE", "BEARERD_TOKEN", "BEARERD_ACCEPT", "BEARERD_CACHE_KEY"]
    return location.effective("fastcgi_param").contains { read.contains($0.value ?? "") }
  }

  /// The location of a URI in a server.
  func location(for uri: [UInt8], in server: Context) -> LocationSearch.Result {
    let id = ObjectIdentifier(server)
    if let result = known[id]?[uri] { return result }
    let result = search.location(for: uri, in: server)
    known[id, default: [:]][uri] = result
    return result
  }

  /// The named location of a server.
  func named(_ name: String, in server: Context) -> Context? {
    server.children.first { $0.location == .named(name) }
  }

  /// The servers, and their locations, `if`s and limit_excepts.
  private(set) lazy var contexts: [Context] = servers.flatMap(\.descendants)

  /// Locations (and servers, for requests that match no location) whose content bearerd guards.
  private(set) lazy var guarded: [Context] = contexts.filter {
    ($0.location != nil || $0.kind == .server) && isGuarded($0) && !isBearerd($0) && reaches($0)
  }

  /// Whether a request can end in the server itself: not if a location matches everything.
  func reaches(_ context: Context) -> Bool {
    guard context.kind == .server else { return true }
    return !context.children.contains {
      $0.location?.path == [UInt8(ascii: "/")] && $0.location != .exact([UInt8(ascii: "/")])
    }
  }
}

/// The backend of a location.
struct Backend {
  enum Kind: String {
    case proxy, fastcgi, grpc, uwsgi, scgi, memcached

    /// The directive that sets the backend's headers or parameters.
    var headers: String {
      switch self {
      case .proxy: "proxy_set_header"
      case .grpc: "grpc_set_header"
      case .fastcgi, .uwsgi, .scgi, .memcached: "\(rawValue)_param"
      }
    }

    /// Whether request headers are named as in CGI.
    var hasParameters: Bool { self == .fastcgi || self == .uwsgi || self == .scgi }
  }

  let kind: Kind
  /// The `*_pass`.
  let directive: Directive
  /// Its servers, as `127.0.0.1:8080` or `unix:/path`; the text itself if it has variables.
  let addresses: Set<String>
  /// The part of the URL that replaces the location's prefix; nil if the URI is passed unchanged.
  let path: String?

  var hasVariables: Bool { directive.value?.utf8.contains(UInt8(ascii: "$")) == true }

  /// Nil if the directive is not a `*_pass`.
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
    // `http://127.0.0.1:8080$request_uri`: the host ends at a variable, if it ends with a port or is known.
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

  /// A canonical name for an address with several forms.
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

  /// The value for a name in `set_header` or `param` directives, ignoring case; nil if there is none.
  static func value(of name: String, in directives: [Directive]) -> Directive? {
    directives.first { $0.value?.lowercased() == name.lowercased() }
  }
}
