/// Error pages before the check, or in place of it, must not serve guarded content.
enum FallbackRule {
  static func apply(_ site: Site, _ report: inout Report) {
    for location in site.guarded {
      for cause in causes(in: location, site) { judge(cause, in: location, site, &report) }
    }
    for server in site.servers where site.guarded.contains(where: { $0.server === server }) {
      judgeEarlyErrors(in: server, site, &report)
    }
  }

  private struct Cause {
    let code: Int
    let name: FindingName
    let sends: String
  }

  /// The errors in a guarded location that occur without a check, with their status.
  private static func causes(in location: Context, _ site: Site) -> [Cause] {
    let path = site.examplePath(of: location)
    var causes: [Cause] = []
    if location.value("client_max_body_size").map({ $0 != "0" }) ?? true {
      causes.append(
        Cause(
          code: 413, name: .fallbackOpens,
          sends: "POST \(path) with a body over client_max_body_size, without a token"))
    }
    for (directive, setting) in [("limit_req", "limit_req_status"), ("limit_conn", "limit_conn_status")]
    where !location.effective(directive).isEmpty {
      let code = location.value(setting).flatMap { Int($0) } ?? 503
      causes.append(
        Cause(
          code: code, name: .fallbackOpens,
          sends: "GET \(path) without a token, faster than \(directive) allows"))
    }
    if !location.effective("internal").isEmpty, !location.isNamed {
      causes.append(
        Cause(
          code: 404, name: .fallbackOpens, sends: "GET \(path) without a token: an internal location, so 404")
      )
    }
    if let check = site.checkLocation(of: location) {
      for code in CheckRule.statusWhenDown(check, site) {
        causes.append(
          Cause(
            code: code, name: .daemonDownOpens, sends: "GET \(path) without a token, while bearerd is down"))
      }
    }
    for code in [401, 403] {
      causes.append(Cause(code: code, name: .fallbackOpens, sends: "GET \(path) without a token"))
    }
    return causes
  }

  private static func judge(_ cause: Cause, in location: Context, _ site: Site, _ report: inout Report) {
    for hop in ErrorFlow(of: cause.code, in: location, site).hops {
      switch site.opening(hop.destination, insteadOf: location) {
      case .opens(let target):
        // The page of a denial may be an unguarded login.
        guard
          ![401, 403].contains(cause.code) || cause.name == .daemonDownOpens || site.shares(target, location)
        else { continue }
        report.error(
          cause.name, at: hop.page.directive,
          "the error page for \(cause.code) serves the content of \(location.title) without a check",
          sends: cause.sends,
          gets: "what \(target.title) serves", fix: fix(for: target))
      case .unknown(let target):
        report.warning(
          .cannotJudge, at: hop.page.directive,
          "whether the error page for \(cause.code) in \(target.title) requires a token",
          sends: cause.sends, fix: fix(for: target))
      case .closed: break
      }
    }
  }

  /// Errors in a request's head: nginx answers them with the server's own pages, before it selects a location.
  private static func judgeEarlyErrors(in server: Context, _ site: Site, _ report: inout Report) {
    guard let location = site.guarded.first(where: { $0.server === server }) else { return }
    let returned = server.rewriting.exits.compactMap { exit -> Int? in
      if case .returns(let code, _) = exit.kind, exit.condition != nil { code } else { nil }
    }
    for code in [400, 405, 494, 495, 496, 497, 501, 505] + returned {
      guard let page = ErrorPages(of: server).page(for: code), page.target.hasPrefix("@") else { continue }
      guard
        case .opens(let target) = site.opening(site.destination(page.target, in: server), insteadOf: location)
      else {
        continue
      }
      report.error(
        .fallbackOpens, at: page.directive,
        "the server's error page for \(code) serves the content of \(location.title) without a check",
        sends:
          "GET \(site.examplePath(of: location)) malformed or timed so that the server answers \(code)",
        gets: "what \(target.title) serves", fix: fix(for: target))
    }
  }

  private static func fix(for target: Context) -> String {
    "in \(target.title): include snippets/bearerd-guard.conf;"
  }
}

/// A denial must stay 401 or 403, and a 401 must keep its challenge.
enum DenialRule {
  static func apply(_ site: Site, _ report: inout Report) {
    for location in site.guarded {
      for code in [401, 403] { judge(code, in: location, site, &report) }
      judgeOwnDenials(in: location, site, &report)
    }
  }

  private static func judge(_ code: Int, in location: Context, _ site: Site, _ report: inout Report) {
    let flow = ErrorFlow(of: code, in: location, site)
    let sends =
      "GET \(site.examplePath(of: location)) \(code == 401 ? "without a token" : "with a token that lacks the scope")"
    if let page = flow.cycle {
      let cause = location.effective("recursive_error_pages").first ?? page.directive
      report.error(
        .redirectionCycle, at: cause, "a denial of \(location.title) causes a redirection cycle",
        sends: sends, gets: "500 instead of \(code)",
        fix: "error_page 599 /_bearerd; in the page's location, or recursive_error_pages off;")
    }
    for ending in flow.endings {
      guard let page = ending.page, let server = location.server else { continue }
      // Open content is reported by FallbackRule.
      if case .opens(let target) = site.opening(
        site.destination(page.target, in: server), insteadOf: location),
        site.shares(target, location)
      {
        continue
      }
      judge(ending, of: code, at: page, in: location, sends, &report)
    }
  }

  private static func judge(
    _ ending: ErrorFlow.Ending, of code: Int, at page: ErrorPages.Page, in location: Context, _ sends: String,
    _ report: inout Report
  ) {
    switch ending.status {
    case ..<300:
      report.error(
        .denialBecomes200, at: page.directive, "a denial of \(location.title) becomes \(ending.status)",
        sends: sends, gets: "\(ending.status) instead of \(code): clients treat it as success",
        fix: "error_page \(code) \(page.target); without =, or only include snippets/bearerd-guard.conf;")
    case 300..<400:
      report.error(
        .denialRedirected, at: page.directive, "a denial of \(location.title) becomes a redirect",
        sends: sends,
        gets: "a redirect instead of \(code): clients are not told that they need a token",
        fix: "error_page \(code) @bearerd_\(code == 401 ? "unauthorized" : "forbidden");")
    case 401 where code == 403:
      report.error(
        .challengeMissing, at: page.directive,
        "a denial of \(location.title) becomes a 401 without a challenge",
        sends: sends, gets: "401 without WWW-Authenticate", fix: "error_page 403 @bearerd_forbidden;")
    case 403 where code == 401:
      guard case .fixed = page.status else { return }
      report.warning(
        .denialIntercepted, at: page.directive, "a denial of \(location.title) becomes 403", sends: sends,
        gets: "403 without a challenge instead of 401", fix: "error_page 401 @bearerd_unauthorized;")
    case 401, 403, 503: break
    default:
      report.warning(
        .denialIntercepted, at: page.directive, "a denial of \(location.title) becomes \(ending.status)",
        sends: sends,
        gets: "\(ending.status) instead of \(code)", fix: "error_page \(code) \(page.target); without =")
    }
  }

  /// `return 401` in a guarded location comes before the check, and so without a challenge.
  private static func judgeOwnDenials(in location: Context, _ site: Site, _ report: inout Report) {
    guard !location.isNamed else { return }
    for exit in location.rewriting.exits {
      guard case .returns(401, _) = exit.kind,
        location.effective("add_header").allSatisfy({ $0.value?.lowercased() != "www-authenticate" })
      else { continue }
      report.error(
        .challengeMissing, at: exit.directive, "this 401 is returned before the check, without a challenge",
        sends: "GET \(site.examplePath(of: location)) without a token", gets: "401 without WWW-Authenticate",
        fix: "remove it: auth_request denies by itself")
    }
  }
}
