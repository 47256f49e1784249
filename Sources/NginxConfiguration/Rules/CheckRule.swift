/// The location that passes checks to bearerd: nothing else may answer them, and nothing may change the response.
enum CheckRule {
  static func apply(_ site: Site, _ report: inout Report) {
    for server in site.servers {
      for location in server.descendants where location.location != nil && site.isBearerd(location) {
        // Locations for administrators' endpoints check nothing.
        guard !location.effective("fastcgi_param").contains(where: { $0.value == "BEARERD_ENDPOINT" }) else {
          continue
        }
        judge(location, site, &report)
      }
      judgeMissing(in: server, site, &report)
    }
  }

  /// The client's status if bearerd does not answer: auth_request turns all but 401 and 403 into 500.
  static func statusWhenDown(_ check: Context, _ site: Site) -> Set<Int> {
    var result: Set<Int> = []
    for code in [500, 502, 504] {
      for ending in ErrorFlow(of: code, in: check, site, isSubrequest: true).endings {
        result.insert([401, 403].contains(ending.status) ? ending.status : 500)
      }
    }
    return result
  }

  private static func judge(_ check: Context, _ site: Site, _ report: inout Report) {
    for code in [500, 502, 503, 504] {
      for ending in ErrorFlow(of: code, in: check, site, isSubrequest: true).endings {
        guard let page = ending.page, ending.status < 300 else { continue }
        report.error(
          .daemonDownOpens, at: page.directive, "if bearerd is down, every request is allowed",
          sends: "any request without a token, while bearerd is down", gets: "what is guarded",
          fix: "in \(check.title): error_page 599 /_bearerd; (as in snippets/bearerd-auth.conf)")
      }
    }
    for parameter in check.effective("fastcgi_param") where parameter.value == "REMOTE_ADDR" {
      guard let value = parameter.arguments.dropFirst().first, Secrets.isClientText(value) else { continue }
      report.error(
        .clientAddressForged, at: parameter, "the client sets its own address",
        sends: "this header, with an address in a token's from=",
        gets: "the token is accepted from any address", fix: "fastcgi_param REMOTE_ADDR $remote_addr;")
    }
    for exit in check.rewriting.exits {
      guard case .returns(200..<300, _) = exit.kind else { continue }
      let isOld =
        exit.condition.map { Secrets.names(in: $0.arguments.joined()).contains("$http_authorization") }
        ?? false
      guard !isOld, exit.condition.map({ !LogRule.isOfToken($0, site) }) ?? true else { continue }
      report.error(
        exit.condition == nil ? .checkMissing : .ifBeforeCheck, at: exit.directive,
        "\(check.title) allows requests itself, without bearerd", sends: "a request without a token",
        gets: "what is guarded",
        fix: "only fastcgi_pass in \(check.title)")
    }
    if check.isOn("fastcgi_intercept_errors") { judgeInterception(of: check, site, &report) }
    if check.effective("internal").isEmpty {
      report.warning(
        .cannotJudge, at: check.directive, "clients can send requests to bearerd here",
        fix: "in \(check.title): internal;")
    }
    for parameter in check.effective("fastcgi_param") where parameter.value == "BEARERD_SCOPE" {
      guard let value = parameter.arguments.dropFirst().first,  // The check's own URI has no query.
        Secrets.names(in: value).contains(where: { $0.hasPrefix("$http_") || $0.hasPrefix("$cookie_") })
      else { continue }
      report.error(
        .scopeFromClient, at: parameter, "the client chooses the required scope",
        sends: "a request that names the scope of its token", gets: "what another scope guards",
        fix: "fastcgi_param BEARERD_SCOPE $bearerd_scope if_not_empty;")
    }
  }

  private static func judgeInterception(of check: Context, _ site: Site, _ report: inout Report) {
    for code in [401, 403] {
      for ending in ErrorFlow(of: code, in: check, site, isSubrequest: true).endings {
        guard let page = ending.page, ending.status != code else { continue }
        report.error(
          ending.status < 300 ? .fallbackOpens : .denialIntercepted, at: page.directive,
          "nginx replaces bearerd's \(code) with a page of the site",
          sends: "a request without a token",
          gets: ending.status < 300 ? "what is guarded" : "500 instead of \(code)",
          fix: "in \(check.title): fastcgi_intercept_errors off;")
      }
    }
  }

  /// `auth_request /_bearerd;` in a server without this location: another location answers the check.
  private static func judgeMissing(in server: Context, _ site: Site, _ report: inout Report) {
    for context in server.descendants {
      for directive in context.own("auth_request") {
        guard let uri = directive.value, case .other(let location) = site.check(of: context) else { continue }
        let meant = server.children.first { child in
          site.isBearerd(child) && child.location?.path.map { Array(uri.utf8).starts(with: $0) } == true
        }
        if meant != nil, case .regex = location.location {
          report.error(
            .regexLocationTakes, at: location.directive,
            "\(location.title) matches the check's URI (\(uri)) and answers the check",
            sends: "GET \(site.examplePath(of: context)) without a token", gets: "what is guarded",
            fix: "location = \(uri)")
          continue
        }
        if let exit = alwaysAllows(location), !LocationRule.isNested(context, site) {
          report.error(
            .checkMissing, at: exit, "\(uri) allows every request",
            sends: "GET \(site.examplePath(of: context)) without a token",
            gets: "what it should guard", fix: "in the server: include snippets/bearerd-auth.conf;")
          continue
        }
        guard uri.contains("bearerd") || meant != nil else { continue }
        let server = context.server ?? server
        let isAnswered =
          site.backend(of: location) != nil || !location.own("try_files").isEmpty
          || location.rewriting.exits.contains { exit in
            if case .returns(let code, _) = exit.kind { code < 300 } else { true }
          } || !server.rewriting.exits.isEmpty
        report.add(
          isAnswered ? .error : .warning, .checkMissing, at: directive,
          "\(uri) of this server does not reach bearerd; \(location.title) answers it",
          sends: "GET \(site.examplePath(of: context)) without a token",
          gets: isAnswered ? "what is guarded, if \(location.title) answers with 200" : "500",
          fix: "in the server: include snippets/bearerd-auth.conf;")
      }
    }
  }

  /// The `return` of a check that allows every request.
  static func alwaysAllows(_ check: Context) -> Directive? {
    let rewriting = check.rewriting
    guard !rewriting.isPassable, let last = rewriting.exits.last,
      rewriting.exits.allSatisfy({ exit in
        if case .returns(200..<300, _) = exit.kind { true } else { false }
      })
    else { return nil }
    return last.directive
  }
}
