/// What a configuration says as a whole: its servers, its backends, and which locations bearerd guards.
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

  /// What `auth_request` leads to.
  enum Check {
    /// A location that passes the check to bearerd.
    case bearerd(Context)
    /// Another location: a login, say.
    case other(Context)
  }

  init(_ text: ConfigurationText) {
    self.text = text
    search = LocationSearch(patterns)
    let block = text.directives.first { $0.name == "http" && $0.block != nil }
    // A file of sites-enabled, say, is the content of the http block.
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

  /// Whether the text has the http block, and not only what stands in one.
  var isWhole: Bool { http.directive.block != nil && text.directives.contains { $0.name == "http" } }

  /// What the context itself passes its requests to.
  func backend(of context: Context) -> Backend? {
    for kind in [Backend.Kind.proxy, .fastcgi, .grpc, .uwsgi, .scgi, .memcached] {
      if let directive = context.own("\(kind.rawValue)_pass").first {
        return Backend(directive, upstreams: upstreams)
      }
    }
    return nil
  }

  /// What is asked before the context's content is given away; nil if nothing is.
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

  /// The location that asks bearerd; nil if the context is not guarded by it.
  func checkLocation(of context: Context) -> Context? {
    if case .bearerd(let location) = check(of: context) { location } else { nil }
  }

  func isGuarded(_ context: Context) -> Bool { checkLocation(of: context) != nil }

  /// Whether a location passes checks to bearerd: by its name, by its upstream's, or by a parameter that only bearerd reads.
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

  /// Where a URI ends in a server.
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

  /// The servers' locations, `if`s and limit_excepts, and the servers themselves.
  private(set) lazy var contexts: [Context] = servers.flatMap(\.descendants)

  /// Locations (and servers, for what no location matches) whose content bearerd guards.
  private(set) lazy var guarded: [Context] = contexts.filter {
    ($0.location != nil || $0.kind == .server) && isGuarded($0) && !isBearerd($0) && reaches($0)
  }

  /// Whether a request can end in the server itself: not if a location takes all.
  func reaches(_ context: Context) -> Bool {
    guard context.kind == .server else { return true }
    return !context.children.contains {
      $0.location?.path == [UInt8(ascii: "/")] && $0.location != .exact([UInt8(ascii: "/")])
    }
  }
}

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
