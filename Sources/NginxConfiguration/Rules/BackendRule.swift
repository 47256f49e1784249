/// The backend of a guarded location, reached through another location that is not.
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
    for context in site.contexts {
      guard let backend = site.backend(of: context), !isPerFile(context, backend), isReached(context, site)
      else { continue }
      let same = backend.addresses.flatMap { (byAddress[$0] ?? []).prefix(200) }
      guard let first = same.first else { continue }
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
        sends: "GET \(uri) without a token", gets: "what the backend serves to \(location.context.title)",
        fix: "include snippets/bearerd-guard.conf; here")
    } else if !site.isDeclaredPublic(open) {
      report.warning(
        .sameBackendUnguarded, at: backend.directive,
        "\(open.title) passes to the backend of \(first.context.title), without a check",
        sends:
          "GET \(site.examplePath(of: first.context)) in a spelling that only the backend takes for it: /a%5cb, /a;x/",
        gets: "what the backend makes of it",
        fix: "include snippets/bearerd-guard.conf; at the level of the server")
      judgeCase(open, backend, same, site, &report)
    }
    HeaderRule.judgeNames(backend, in: open, isGuarded: false, site, &report)
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
        "another case of \(one.context.title) is served by \(open.title)",
        sends: "GET \(String(decoding: upper, as: UTF8.self)) without a token",
        gets: "the guarded content, if the backend does not tell cases apart",
        fix: "location ~* ^\(String(decoding: path, as: UTF8.self)), or a guard of the server")
    }
  }

  /// The URI that reaches, through an open location, the backend's paths that another one guards; nil if none is sure to.
  private static func reaching(_ one: Guarded, _ open: Context, _ backend: Backend, _ site: Site) -> String? {
    // In another server it may be meant so.
    guard let server = open.server, one.context.server === server, site.isPublic(open), !backend.hasVariables,
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

  /// The path below which the backend sees the requests of a location.
  private static func backendPath(of context: Context, _ backend: Backend) -> [UInt8]? {
    if let path = backend.path { return Array(path.utf8) }
    return context.kind == .server ? [UInt8(ascii: "/")] : context.location?.path
  }

  /// PHP and the like: the location says which file is run, so another one runs other files.
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

  /// Whether strangers reach a location, by themselves or, if it is named, through another open one.
  private static func isReached(_ context: Context, _ site: Site) -> Bool {
    let location = context.ancestry.first { $0.location != nil || $0.kind == .server } ?? context
    guard site.access(of: location) == .open, let server = location.server else { return false }
    guard case .named(let name) = location.location else { return site.isPublic(location) }
    return server.descendants.contains { other in
      other !== location && !other.isNamed && site.access(of: other) == .open
        && (other.own("try_files") + other.own("error_page")).contains { $0.arguments.last == name }
    }
  }
}
