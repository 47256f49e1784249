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
