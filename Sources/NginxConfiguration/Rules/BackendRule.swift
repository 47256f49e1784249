/// The backend of a guarded location that is also reached through an unguarded one.
enum BackendRule {
  private struct Guarded {
    let context: Context
    let backend: Backend
  }

  static func apply(_ site: Site, _ report: inout Report) {
    var byAddress: [String: [Guarded]] = [:]
    for context in site.guarded {
      for backend in site.backends(after: context) {
        for address in backend.addresses {
          byAddress[address, default: []].append(Guarded(context: context, backend: backend))
        }
      }
      for child in context.children where site.isGuarded(child) {
        guard let backend = site.backend(of: child) else { continue }
        for address in backend.addresses {
          byAddress[address, default: []].append(Guarded(context: child, backend: backend))
        }
      }
    }
    guard !byAddress.isEmpty else { return }
    for context in site.contexts { judgeHost(context, site, &report) }
    for server in site.servers { judgeListening(server, byAddress, site, &report) }
    for context in site.contexts {
      guard let backend = site.backend(of: context), isReached(context, site) else { continue }
      let same = backend.addresses.flatMap { (byAddress[$0] ?? []).prefix(200) }
      guard let first = same.first else { continue }
      HeaderRule.judgeNames(backend, in: context, isGuarded: false, site, &report)
      // For PHP and similar backends, the location chooses the file, so another location runs other files.
      guard !isPerFile(context, backend) || same.contains(where: { runsOneScript($0) }) else { continue }
      judge(context, backend, same, first, site, &report)
    }
  }

  private static func judge(
    _ open: Context, _ backend: Backend, _ same: [Guarded], _ first: Guarded, _ site: Site,
    _ report: inout Report
  ) {
    if let (location, uri) = same.lazy.compactMap({ one in
      reaching(one, open, backend, site).map { (one, $0) }
    }).first {
      report.error(
        .sameBackendUnguarded, at: backend.directive,
        "\(open.title) passes to the paths of the backend that \(location.context.title) guards",
        sends: "GET \(uri) without a token", gets: "what the backend serves for \(location.context.title)",
        fix: "include snippets/bearerd-guard.conf; here")
    } else if let location = same.first(where: {
      isForgotten(open, backend, below: $0, site) || sharesCache(open, backend, $0)
    }) {
      HeaderRule.judgeSecret(
        backend, in: open, Secrets.Places(names: ["Authorization"]), Secrets(site), &report)
      report.error(
        .sameBackendUnguarded, at: open.directive,
        "\(open.title) serves content of \(location.context.title), without its check",
        sends: "GET \(site.examplePath(of: open)) without a token", gets: "what the backend serves",
        fix: "include snippets/bearerd-guard.conf; here, or move it into \(location.context.title)")
    } else {
      report.warning(
        .sameBackendUnguarded, at: reference(to: open, same, site) ?? backend.directive,
        "\(open.title) passes to the backend of \(first.context.title), without a check",
        sends:
          "GET \(site.examplePath(of: first.context)) in a form that only the backend normalizes: /a%5cb, /a;x/",
        gets: "what the backend serves for it",
        fix: "include snippets/bearerd-guard.conf; in the server block")
      judgeCase(open, backend, same, site, &report)
    }
  }

  /// The backend of a guarded location is a server of this nginx without a guard of its own.
  private static func judgeListening(
    _ server: Context, _ byAddress: [String: [Guarded]], _ site: Site, _ report: inout Report
  ) {
    for listen in server.own("listen") {
      let text = listen.value ?? ""
      let address = Backend.address(
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? "127.0.0.1:\(text)" : text, defaultPort: ":80")
      guard !text.hasPrefix("unix:"), let one = byAddress[address]?.first else { continue }
      let top = site.location(for: [UInt8(ascii: "/")], in: server).context
      guard site.access(of: top) == .open else { continue }
      report.error(
        .sameBackendUnguarded, at: listen,
        "the backend of \(one.context.title) is this server, which has no guard of its own",
        sends: "GET \(site.examplePath(of: top)) to this address, without a token",
        gets: "what \(one.context.title) guards",
        fix: "listen unix:/PATH; which only nginx can connect to")
    }
  }

  /// `proxy_pass http://$http_host`: the client chooses the backend, possibly a guarded one.
  private static func judgeHost(_ open: Context, _ site: Site, _ report: inout Report) {
    guard let backend = site.backend(of: open), let host = backend.addresses.first, isReached(open, site)
    else { return }
    let names = Secrets.names(in: host)
    guard
      names.contains(where: { name in
        Secrets.isClientText(name) || name == "$host"
          || name.utf8.count == 2 && name.utf8.last.map { (0x31...0x39).contains($0) } == true
      })
    else { return }
    report.error(
      .sameBackendUnguarded, at: backend.directive,
      "the client chooses the backend of \(open.title), possibly a guarded one",
      sends: "GET \(site.examplePath(of: open)) with the address of a guarded backend",
      gets: "what the backend serves",
      fix: "use an upstream with a fixed name")
  }

  private static func judgeCase(
    _ open: Context, _ backend: Backend, _ same: [Guarded], _ site: Site, _ report: inout Report
  ) {
    for one in same {
      guard case .prefix(let path, _) = one.context.location, let server = open.server,
        one.context.server === server
      else { continue }
      let upper = Array(String(decoding: path, as: UTF8.self).uppercased().utf8)
      guard upper != path, site.location(for: upper, in: server).context === open else { continue }
      report.warning(
        .caseVariant, at: backend.directive,
        "\(one.context.title) in upper or lower case is served by \(open.title)",
        sends: "GET \(String(decoding: upper, as: UTF8.self)) without a token",
        gets: "the guarded content, if the backend ignores case",
        fix: "location ~* ^\(String(decoding: path, as: UTF8.self)), or a guard in the server block")
    }
  }

  /// A URI that reaches the backend's guarded paths through an unguarded location; nil if none certainly does.
  private static func reaching(_ one: Guarded, _ open: Context, _ backend: Backend, _ site: Site) -> String? {
    // In another server it may be intended.
    guard let server = open.server, one.context.server === server, site.isPublic(open),
      !site.isDeclaredPublic(open),
      hostText(backend) == hostText(one.backend), !backend.hasVariables,
      !one.backend.hasVariables,
      backend.kind == one.backend.kind, let there = backendPath(of: one.context, one.backend)
    else { return nil }
    if case .prefix(let prefix, _) = open.location ?? .prefix([UInt8(ascii: "/")], isFinal: false) {
      let here = backend.path.map { Array($0.utf8) } ?? prefix
      guard there.starts(with: here) else { return nil }
      let uri = prefix + there.dropFirst(here.count)
      return site.location(for: uri, in: server).context === open ? String(decoding: uri, as: UTF8.self) : nil
    }
    return nil
  }

  /// The path prefix that the backend sees for requests of a location.
  private static func backendPath(of context: Context, _ backend: Backend) -> [UInt8]? {
    if let path = backend.path { return Array(path.utf8) }
    return context.kind == .server ? [UInt8(ascii: "/")] : context.location?.path
  }

  /// A longer prefix beside a guarded one, with the same backend: nginx prefers the longer one, which has no guard.
  private static func isForgotten(_ open: Context, _ backend: Backend, below one: Guarded, _ site: Site)
    -> Bool
  {
    guard case .prefix(let path, _) = open.location, case .prefix(let outer, _) = one.context.location,
      open.parent === one.context.parent, path.count > outer.count, path.starts(with: outer),
      !site.isDeclaredPublic(open)
    else { return false }
    // Below `/`, a location that clears the name was configured deliberately.
    let clears = Backend.value(of: "X-Bearerd-Application", in: open.effective(backend.kind.headers)) != nil
    return outer != [UInt8(ascii: "/")] || !clears
  }

  /// Whether responses for applications are in the same cache, with a key that is the same for both locations.
  private static func sharesCache(_ open: Context, _ backend: Backend, _ one: Guarded) -> Bool {
    let (zone, key) = ("\(backend.kind.rawValue)_cache", "\(backend.kind.rawValue)_cache_key")
    guard let name = open.value(zone), name != "off", name == one.context.value(zone) else { return false }
    let keys = [open, one.context].map { $0.effective(key).flatMap(\.arguments).joined() }
    let names = Secrets.names(in: keys[0])
    return keys[0] == keys[1] && !keys[0].isEmpty
      && !names.contains {
        ["$uri", "$request_uri", "$document_uri", "$bearerd_application", "$bearerd_key"].contains($0)
      }
  }

  /// The backend as written, without scheme and path.
  private static func hostText(_ backend: Backend) -> String {
    let text = backend.directive.value ?? ""
    let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
    return String(rest.prefix { $0 != "/" })
  }

  /// Whether a guarded location runs one script for all requests.
  private static func runsOneScript(_ one: Guarded) -> Bool {
    if case .exact = one.context.location { return true }
    return !isPerFile(one.context, one.backend)
  }

  /// For PHP and similar backends, the location chooses the file, so another location runs other files.
  private static func isPerFile(_ context: Context, _ backend: Backend) -> Bool {
    guard backend.kind == .fastcgi else { return false }
    return context.effective("fastcgi_param").contains { parameter in
      parameter.value == "SCRIPT_FILENAME"
        && parameter.arguments.dropFirst().first.map { value in
          ["$fastcgi_script_name", "$request_filename", "$uri", "$document_uri", "$fastcgi_path"].contains {
            value.contains($0)
          }
        } == true
    }
  }

  /// Whether anonymous requests reach a location, directly or, if it is named, through another open one.
  private static func isReached(_ context: Context, _ site: Site) -> Bool {
    let location = context.ancestry.first { $0.location != nil || $0.kind == .server } ?? context
    guard site.access(of: location) == .open, let server = location.server else { return false }
    guard case .named(let name) = location.location else { return site.isPublic(location) }
    return server.descendants.contains { other in
      other !== location && !other.isNamed && site.access(of: other) == .open
        && (other.own("try_files") + other.own("error_page")).contains { $0.arguments.last == name }
    }
  }

  /// The directive that leads anonymous requests to a named location that also serves guarded locations.
  private static func reference(to open: Context, _ same: [Guarded], _ site: Site) -> Directive? {
    guard case .named(let name) = open.location, let server = open.server,
      same.contains(where: { $0.context.own("try_files").contains { $0.arguments.last == name } })
    else { return nil }
    return server.descendants.filter { !$0.isNamed && site.access(of: $0) == .open }
      .flatMap { $0.own("try_files") + $0.own("error_page") }.first { $0.arguments.last == name }
  }
}
