/// What a backend receives: never the secret, and an application's name only from bearerd.
enum HeaderRule {
  static func apply(_ site: Site, _ report: inout Report) {
    let secrets = Secrets(site)
    for location in site.guarded {
      let headers = secrets.headers(of: location, site)
      for context in [location] + location.children where context === location || context.location == nil {
        guard let backend = site.backend(of: context) else { continue }
        judgeSecret(backend, in: context, headers, secrets, &report)
        judgeNames(backend, in: context, isGuarded: true, site, &report)
      }
      for target in targets(after: location, site) {
        guard let backend = site.backend(of: target), !site.isGuarded(target) else { continue }
        judgeSecret(backend, in: target, headers, secrets, &report)
        judgeNames(backend, in: target, isGuarded: true, site, &report)
      }
      judgeLists(of: location, site, &report)
    }
  }

  /// The locations that serve requests after the check: fallbacks, error pages, mirrors.
  private static func targets(after location: Context, _ site: Site) -> [Context] {
    guard let server = location.server else { return [] }
    let texts =
      location.own("try_files").compactMap(\.arguments.last)
      + ErrorPages(of: location).pages.filter { !Set($0.codes).isSubset(of: [401, 403]) }.map(\.target)
      + location.effective("mirror").compactMap(\.value).filter { $0 != "off" }
      + location.effective("post_action").compactMap(\.value)
    return texts.compactMap { text in
      guard case .context(let target, _, _) = site.destination(text, in: server), target !== location else {
        return nil
      }
      return target
    }
  }

  static func judgeSecret(
    _ backend: Backend, in context: Context, _ headers: Secrets.Places, _ secrets: Secrets,
    _ report: inout Report
  ) {
    let kind = backend.kind
    guard kind != .memcached else { return }
    let list = context.effective(kind.headers)
    for directive in list where directive.arguments.dropFirst().first.map(secrets.isSecret) == true {
      report.error(
        .secretToBackend, at: directive, "the client's secret is passed to the backend of \(context.title)",
        sends: "a request with a valid token", gets: "the backend receives the token",
        fix: "\(kind.headers) \(directive.value ?? "") \"\";")
    }
    if let value = backend.directive.value, secrets.isSecret(value) {
      report.error(
        .secretToBackend, at: backend.directive, "the client's secret is part of the backend's URL",
        sends: "a request with a valid token", gets: "the backend receives the token",
        fix: "remove it from \(backend.directive.name)")
    }
    if headers.isInQuery, !(backend.directive.value ?? "").contains("$") {
      report.error(
        .secretToBackend, at: backend.directive, "the secret is in the query, which is passed to the backend",
        sends: "a request with a valid token", gets: "the backend receives the token",
        fix: "send the token in a header")
    }
    guard context.value("\(kind.rawValue)_pass_request_headers") != "off" else { return }
    for header in headers.names.sorted() {
      let name = kind.hasParameters ? "HTTP_" + header.uppercased().replacing("-", with: "_") : header
      guard Backend.value(of: name, in: list) == nil else { continue }
      report.error(
        .secretToBackend, at: backend.directive,
        "the header \(header), with the secret, is passed to the backend of \(context.title)",
        sends: "a request with a valid token", gets: "the backend receives the token",
        fix: header == "Authorization"
          ? "include snippets/bearerd-\(kind.rawValue).conf; in \(context.title)"
          : "\(kind.headers) \(name) \"\";")
    }
  }

  /// - Parameter isGuarded: whether the location has a check; without one, a client must not be able to set the
  /// name.
  static func judgeNames(
    _ backend: Backend, in context: Context, isGuarded: Bool, _ site: Site, _ report: inout Report
  ) {
    let kind = backend.kind
    guard kind != .memcached, context.value("\(kind.rawValue)_pass_request_headers") != "off" else { return }
    let list = context.effective(kind.headers)
    if kind.hasParameters {
      // A client can set HTTP_ parameters only.
      guard Backend.value(of: "HTTP_X_BEARERD_APPLICATION", in: list) == nil else { return }
    } else if let name = Backend.value(of: "X-Bearerd-Application", in: list) {
      if let value = name.arguments.dropFirst().first, Secrets.isClientText(value) {
        report.error(
          .forgedName, at: name, "the client sets the application's name",
          sends: "X-Bearerd-Application: admin",
          gets: "the backend treats it as the application's name",
          fix: "\(kind.headers) X-Bearerd-Application $bearerd_application;")
      }
      return judgeUnderscores(backend, list, in: context, site, &report)
    }
    report.error(
      .forgedName, at: backend.directive,
      "\(context.title) passes a client's own X-Bearerd-Application to the backend",
      sends: "X-Bearerd-Application: admin\(isGuarded ? ", with a valid token" : ", without a token")",
      gets: "the backend treats it as the application's name",
      fix: "include snippets/bearerd-\(isGuarded ? kind.rawValue : "public").conf; in \(context.title)")
  }

  private static func hasName(_ context: Context) -> Bool {
    context.effective("auth_request_set").contains {
      $0.arguments.last?.contains("x_bearerd_application") == true
    }
  }

  /// CGI-like backends treat `X_Bearerd_Application` as X-Bearerd-Application.
  private static func judgeUnderscores(
    _ backend: Backend, _ list: [Directive], in context: Context, _ site: Site, _ report: inout Report
  ) {
    guard let server = context.server else { return }
    let readers = site.headReaders(of: server)
    guard
      let setting = readers.flatMap({ $0.effective("underscores_in_headers") }).first(where: {
        $0.value == "on"
      })
    else {
      guard
        let invalid = readers.flatMap({ $0.effective("ignore_invalid_headers") }).first(where: {
          $0.value == "off"
        })
      else { return }
      report.error(
        .underscoresInHeaders, at: invalid,
        "nginx passes X_Bearerd_Application to the backend of \(context.title), and cannot clear it",
        sends: "X_Bearerd_Application: admin",
        gets: "WSGI and CGI backends treat it as the application's name",
        fix: "ignore_invalid_headers on; (the default)")
      return
    }
    let spellings = ["X_Bearerd_Application", "X-Bearerd_Application", "X_Bearerd-Application"]
    guard let missing = spellings.first(where: { Backend.value(of: $0, in: list) == nil }) else { return }
    report.error(
      .underscoresInHeaders, at: setting, "nginx passes \(missing) to the backend of \(context.title)",
      sends: "\(missing): admin",
      gets: "WSGI and CGI backends treat it as the application's name",
      fix: "underscores_in_headers off; or \(backend.kind.headers) \(missing) \"\";")
  }

  /// A level with one directive of a list inherits none of them.
  private static func judgeLists(of location: Context, _ site: Site, _ report: inout Report) {
    // A location that always returns ends before the check.
    guard let home = location.level(of: "auth_request"), home !== location, location.rewriting.isPassable
    else { return }
    if let own = location.own("auth_request_set").first, hasName(home), !hasName(location) {
      report.warning(
        .headerListReplaced, at: own,
        "\(location.title) does not inherit the outer auth_request_set directives",
        gets: "the backend and the log have no application's name",
        fix: "auth_request_set $bearerd_application $upstream_http_x_bearerd_application;")
    }
    if let own = location.own("error_page").first, ErrorPages(of: home).page(for: 401) != nil,
      ErrorPages(of: location).page(for: 401) == nil
    {
      report.warning(
        .headerListReplaced, at: own, "\(location.title) does not inherit the outer error_page directives",
        gets: "denials show nginx's own pages; 403 has no challenge",
        fix: "include snippets/bearerd-guard.conf; here too, or move error_page to the level of the guard")
    }
    for name in ["proxy_set_header", "grpc_set_header", "fastcgi_param", "uwsgi_param", "scgi_param"] {
      guard let own = location.own(name).first, let outer = location.parent else { continue }
      let secret = name.hasSuffix("_param") ? "HTTP_AUTHORIZATION" : "Authorization"
      guard Backend.value(of: secret, in: outer.effective(name)) != nil,
        Backend.value(of: secret, in: location.own(name)) == nil
      else { continue }
      report.warning(
        .headerListReplaced, at: own, "\(location.title) does not inherit the outer \(name) directives",
        gets: "the backend receives the secret, and names set by clients", fix: "repeat all of them here")
    }
  }
}

extension Secrets {
  /// Where the clients of a location send the secret.
  struct Places {
    var names: Set<String> = []
    var isInQuery = false
  }

  func headers(of location: Context, _ site: Site) -> Places {
    var texts = Secrets.settings.sorted().flatMap { name in
      let setting = [location, location.server].lazy.compactMap {
        $0?.own("set").last { $0.value == name }
      }.first
      return Array(setting?.arguments.dropFirst().prefix(1) ?? [])
    }
    if let check = site.checkLocation(of: location) {
      for parameter in check.effective("fastcgi_param")
      where ["HTTP_AUTHORIZATION", "BEARERD_TOKEN"].contains(parameter.value ?? "") {
        texts += parameter.arguments.dropFirst().prefix(1)
      }
    }
    if texts.isEmpty { texts = ["$http_authorization"] }
    var places = Places()
    for name in texts.flatMap({ sources(of: $0, site) }) {
      if name == "$http_authorization" {
        places.names.insert("Authorization")
      } else if name.hasPrefix("$http_") {
        places.names.insert(
          name.dropFirst(6).split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(
            separator: "-"))
      } else if name.hasPrefix("$cookie_") {
        places.names.insert("Cookie")
      } else if name.hasPrefix("$arg_") {
        places.isInQuery = true
      }
    }
    return places
  }

  /// The client-controlled variables in a text, also through maps.
  private func sources(of text: String, _ site: Site) -> [String] {
    Secrets.names(in: text).flatMap { name -> [String] in
      if Secrets.isClientText(name) { return [name] }
      return site.http.own("map").filter { $0.arguments.last == name }.flatMap { map in
        Secrets.names(in: map.arguments[0])
          + (map.block ?? []).flatMap { $0.arguments.flatMap(Secrets.names) }
      }.filter(Secrets.isClientText)
    }
  }
}
