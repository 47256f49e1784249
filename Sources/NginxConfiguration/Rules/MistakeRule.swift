/// Mistakes that do not bypass a check: a directive does not have its intended effect.
enum MistakeRule {
  static func apply(_ site: Site, _ report: inout Report) {
    for location in site.guarded {
      judgeLimits(location, site, &report)
      judgeScope(location, site, &report)
      judgeScopeSource(location, &report)
      judgeAddress(location, &report)
      judgePreflight(location, &report)
    }
    for server in site.servers where site.guarded.contains(where: { $0.server === server }) {
      judgeTLS(server, &report)
    }
  }

  /// Limits are applied before the check, when its variables are empty.
  private static func judgeLimits(_ location: Context, _ site: Site, _ report: inout Report) {
    guard !location.isNamed else { return }
    for (limit, zone) in [("limit_req", "limit_req_zone"), ("limit_conn", "limit_conn_zone")] {
      for directive in location.effective(limit) {
        let name =
          directive.arguments.first { $0.hasPrefix("zone=") }?.dropFirst(5).description ?? directive.value
        let definition = site.http.own(zone).first { definition in
          definition.arguments.contains {
            $0.hasPrefix("zone=") && $0.dropFirst(5).prefix { $0 != ":" } == name ?? ""
          }
        }
        let names = definition?.value.map(Secrets.names) ?? []
        guard !names.isEmpty, names.allSatisfy({ ["$bearerd_application", "$bearerd_key"].contains($0) })
        else { continue }
        report.warning(
          .limitKeyEmpty, at: directive,
          "\(limit) is applied before the check, when the application is unknown",
          gets: "the limit has no effect",
          fix: "try_files /nonexistent @limited; and \(limit) in a location @limited"
        )
      }
    }
  }

  private static func judgeScope(_ location: Context, _ site: Site, _ report: inout Report) {
    guard location.own("auth_request").isEmpty, !setsScope(location),
      let home = location.level(of: "auth_request"), home !== location,
      let outer = location.ancestry.dropFirst().first(where: { $0.location != nil && setsScope($0) })
    else { return }
    let isOther =
      location.server?.own("set").contains {
        $0.value == "$bearerd_scope" && $0.arguments.last?.isEmpty == false
      } == true
    report.add(
      isOther ? .error : .warning, .scopeLostInNested, at: location.directive,
      "\(location.title) inherits the guard of \(outer.title), but not its scope",
      sends: "a token with this scope",
      gets: isOther
        ? "the scope of the server applies here"
        : "403: a token with scopes is denied if no scope is required",
      fix: "set $bearerd_scope ...; in \(location.title)")
  }

  private static func setsScope(_ context: Context) -> Bool {
    context.own("set").contains { $0.value == "$bearerd_scope" && $0.arguments.last?.isEmpty == false }
  }

  private static func judgeScopeSource(_ location: Context, _ report: inout Report) {
    let inner = location.children.filter { $0.kind == .ifBlock }
    for setting in ([location] + inner).flatMap({ $0.own("set") }) where setting.value == "$bearerd_scope" {
      guard let value = setting.arguments.last, Secrets.isClientText(value) else { continue }
      report.error(
        .scopeFromClient, at: setting, "the client chooses the required scope",
        sends: "the scope of its token in that header",
        gets: "what another scope guards", fix: "use a map of $request_method or $uri")
    }
  }

  /// A client that can set its address can use a token with `from=`.
  private static func judgeAddress(_ location: Context, _ report: inout Report) {
    for trusted in location.effective("set_real_ip_from") where trusted.value?.hasSuffix("/0") == true {
      report.error(
        .clientAddressForged, at: trusted, "every client can set its own address",
        sends: "X-Forwarded-For: with an address in a token's from=",
        gets: "the token is accepted from any address",
        fix: "set_real_ip_from with the addresses of your proxies only")
    }
  }

  /// A nested location inherits the guard, but not the response to preflights.
  private static func judgePreflight(_ location: Context, _ report: inout Report) {
    let answers = { (context: Context) in
      context.own("if").contains {
        $0.arguments.joined().contains("$request_method") && $0.arguments.joined().contains("OPTIONS")
      }
    }
    guard location.own("auth_request").isEmpty, !answers(location),
      location.ancestry.dropFirst().contains(where: { $0.location != nil && answers($0) })
    else { return }
    report.warning(
      .preflightDenied, at: location.directive,
      "\(location.title) does not answer preflights, unlike the outer location",
      sends: "OPTIONS with Origin and Access-Control-Request-Method", gets: "401: browsers cannot use it",
      fix: "in \(location.title): include snippets/bearerd-cors.conf;")
  }

  private static func judgeTLS(_ server: Context, _ report: inout Report) {
    let listens = server.own("listen")
    let plain = listens.first { listen in
      let address = listen.value ?? ""
      let isLocal = ["unix:", "127.", "localhost", "[::1]"].contains { address.hasPrefix($0) }
      return !isLocal && !listen.arguments.contains("ssl") && !listen.arguments.contains("quic")
        && !listen.arguments.contains("proxy_protocol")
    }
    let isRedirected = server.statements.contains {
      $0.name == "if" && $0.arguments.joined().contains("$scheme")
    }
    guard !isRedirected, !server.isOn("ssl"), server.effective("set_real_ip_from").isEmpty,
      let directive = plain ?? (listens.isEmpty ? server.directive : nil)
    else { return }
    report.warning(
      .plainHTTP, at: directive, "tokens for this server are sent over the network unencrypted",
      sends: "a request with a token",
      gets: "everyone on the path can read the token",
      fix: "listen 443 ssl; (or a comment that TLS ends before this nginx)")
  }
}

/// Caches: an application must never get another's response, and a check must never be used for another client.
enum CacheRule {
  static func apply(_ site: Site, _ report: inout Report) {
    let secrets = Secrets(site)
    for location in site.guarded {
      for context in [location] + location.children where context === location || context.kind == .ifBlock {
        guard let backend = site.backend(of: context) else { continue }
        judge(context, backend.kind, secrets, &report)
      }
    }
    for context in site.contexts where context.location != nil && site.isBearerd(context) {
      judgeCheck(context, site, &report)
    }
  }

  private static func judge(
    _ context: Context, _ kind: Backend.Kind, _ secrets: Secrets, _ report: inout Report
  ) {
    guard let cache = context.effective("\(kind.rawValue)_cache").first, cache.value != "off" else { return }
    let key = context.effective("\(kind.rawValue)_cache_key").first
    let names = key?.arguments.flatMap(Secrets.names) ?? []
    if let key, names.contains(where: secrets.variables.contains) {
      report.error(
        .secretInLog, at: key, "the secret is part of the cache key, which nginx writes to each file",
        sends: "a request with a valid token", gets: "the token is on disk",
        fix: "use $bearerd_application instead")
      return
    }
    let tellsApart = names.contains { name in
      ["$bearerd_application", "$bearerd_key"].contains(name)
        || context.effective("auth_request_set").contains {
          $0.value == name && $0.arguments.last?.hasPrefix("$upstream_http_x_bearerd_") == true
        }
    }
    guard !tellsApart, !isBypassed(context, kind) else { return }
    report.error(
      .cachedBetweenApplications, at: cache,
      "the cache key of \(context.title) does not contain the application",
      sends: "the same URL as another application", gets: "the response for the other application",
      fix: "\(kind.rawValue)_cache_key $bearerd_application$scheme$proxy_host$request_uri;")
  }

  /// Whether responses to requests with credentials are neither stored nor taken from the cache.
  private static func isBypassed(_ context: Context, _ kind: Backend.Kind) -> Bool {
    ["no_cache", "cache_bypass"].allSatisfy { name in
      context.effective("\(kind.rawValue)_\(name)").contains {
        $0.arguments.contains { $0 == "1" || $0.contains("$http_authorization") }
      }
    }
  }

  /// The cache of the check's responses.
  private static func judgeCheck(_ check: Context, _ site: Site, _ report: inout Report) {
    guard let cache = check.effective("fastcgi_cache").first, cache.value != "off" else { return }
    let key = check.effective("fastcgi_cache_key").first
    let names = Set(key?.arguments.flatMap(Secrets.names) ?? [])
    // bearerd-cache.conf, whose cache is turned on by a variable, documents this.
    if let key, cache.value?.contains("$") != true, names.contains("$http_authorization") {
      report.error(
        .secretInLog, at: key,
        "the secret is part of the check's cache key, which nginx writes to each file",
        sends: "a request with a valid token", gets: "the token is on disk",
        fix: "include snippets/bearerd-cache.conf; and its tmpfs")
    }
    let needed = check.effective("fastcgi_param").filter {
      ["HTTP_AUTHORIZATION", "BEARERD_TOKEN", "BEARERD_SCOPE"].contains($0.value ?? "")
    }.flatMap { $0.arguments.dropFirst().prefix(1).flatMap(Secrets.names) }
    let missing =
      needed.isEmpty
      ? ["$http_authorization"].filter { !names.contains($0) } : needed.filter { !names.contains($0) }
    guard let first = missing.first else { return }
    report.error(
      .checkMissing, at: key ?? cache,
      "the check's cache key lacks \(first): one client's check is used for others",
      sends: "a request without a token, after one with a token", gets: "what is guarded",
      fix:
        "fastcgi_cache_key \"$remote_addr\\n$bearerd_scope\\n$bearerd_authorization\\n$bearerd_token\";")
  }
}
