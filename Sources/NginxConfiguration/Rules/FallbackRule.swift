/// Pages for errors that come before the check, or instead of it: they must not give away what is guarded.
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

  /// What fails without a check in a guarded location, each with its status.
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
          sends: "GET \(path) without a token, more often than \(directive) allows"))
    }
    if !location.effective("internal").isEmpty, !location.isNamed {
      causes.append(
        Cause(
          code: 404, name: .fallbackOpens, sends: "GET \(path) without a token: it is internal, and so 404"))
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
        // A page for denials may come from a login that is not guarded.
        guard
          ![401, 403].contains(cause.code) || cause.name == .daemonDownOpens || site.shares(target, location)
        else { continue }
        report.error(
          cause.name, at: hop.page.directive,
          "the page for \(cause.code) gives the content of \(location.title) away without a check",
          sends: cause.sends,
          gets: "what \(target.title) serves", fix: fix(for: target))
      case .unknown(let target):
        report.warning(
          .cannotJudge, at: hop.page.directive,
          "whether the page for \(cause.code) in \(target.title) needs a token",
          sends: cause.sends, fix: fix(for: target))
      case .closed: break
      }
    }
  }

  /// Errors in the request's head: nginx answers them by the server's own pages, before it looks for a location.
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
        "the page for \(code), which the server answers by itself, gives the content of \(location.title) away without a check",
        sends:
          "GET \(site.examplePath(of: location)) in a form, or at a time, that the server answers with \(code)",
        gets: "what \(target.title) serves", fix: fix(for: target))
    }
  }

  private static func fix(for target: Context) -> String {
    "in \(target.title): include snippets/bearerd-guard.conf;"
  }
}
