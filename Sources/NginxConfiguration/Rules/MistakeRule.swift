/// Plain mistakes: nothing is open, but something does not do what it was written for.
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

  /// Limits count before the check: its variables are empty then.
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
          "\(limit) counts before the check, when the application is not known",
          gets: "no limit at all", fix: "try_files /nonexistent @limited; and \(limit) in a location @limited"
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
        ? "the scope of the server counts here"
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
        .scopeFromClient, at: setting, "the client says which scope is required",
        sends: "the scope of its token in that header",
        gets: "what another scope guards", fix: "a map of $request_method or $uri")
    }
  }

  /// Whoever may name the client's address may use a token with `from=`.
  private static func judgeAddress(_ location: Context, _ report: inout Report) {
    for trusted in location.effective("set_real_ip_from") where trusted.value?.hasSuffix("/0") == true {
      report.error(
        .clientAddressForged, at: trusted, "every client may say which address it has",
        sends: "X-Forwarded-For: with the address of a token's from=", gets: "the token counts from anywhere",
        fix: "set_real_ip_from with the addresses of your proxies alone")
    }
  }

  /// A nested location inherits the guard, but not the answer to preflights.
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
      "\(location.title) does not answer preflights, as the location around it does",
      sends: "OPTIONS with Origin and Access-Control-Request-Method", gets: "401: browsers cannot call it",
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
      .plainHTTP, at: directive, "tokens for this server go over the network in clear",
      sends: "a request with a token",
      gets: "everybody on the way has the token",
      fix: "listen 443 ssl; (or a comment that TLS ends before this nginx)")
  }
}

/// Caches: an application never gets another's answer, and one client's check never another's.
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
        .secretInLog, at: key, "the secret is part of the cache's key, which nginx writes into each file",
        sends: "a request with a good token", gets: "the token stands on the disk",
        fix: "$bearerd_application in place of it")
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
      "the cache's key of \(context.title) does not name the application",
      sends: "the same URL as another application", gets: "the answer that was made for the other",
      fix: "\(kind.rawValue)_cache_key $bearerd_application$scheme$proxy_host$request_uri;")
  }

  /// Whether nothing with credentials is stored or taken from the cache.
  private static func isBypassed(_ context: Context, _ kind: Backend.Kind) -> Bool {
    ["no_cache", "cache_bypass"].allSatisfy { name in
      context.effective("\(kind.rawValue)_\(name)").contains {
        $0.arguments.contains { $0 == "1" || $0.contains("$http_authorization") }
      }
    }
  }

  /// The check's own answers.
  private static func judgeCheck(_ check: Context, _ site: Site, _ report: inout Report) {
    guard let cache = check.effective("fastcgi_cache").first, cache.value != "off" else { return }
    let key = check.effective("fastcgi_cache_key").first
    let names = Set(key?.arguments.flatMap(Secrets.names) ?? [])
    // bearerd-cache.conf, which a variable turns on, says what it costs.
    if let key, cache.value?.contains("$") != true, names.contains("$http_authorization") {
      report.error(
        .secretInLog, at: key,
        "the secret is part of the key of the checks' cache, which nginx writes into each file",
        sends: "a request with a good token", gets: "the token stands on the disk",
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
      "the key of the checks' cache lacks \(first): one client's check counts for others",
      sends: "a request without a token, after one with a token", gets: "what is guarded",
      fix:
        "fastcgi_cache_key \"$remote_addr\\n$bearerd_scope\\n$bearerd_authorization\\n$bearerd_token\";")
  }
}
