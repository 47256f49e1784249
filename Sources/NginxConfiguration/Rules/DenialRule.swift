/// What becomes of a denial: it stays 401 or 403, and a 401 keeps its challenge.
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
        .redirectionCycle, at: cause, "a denial of \(location.title) leads to its own page again and again",
        sends: sends, gets: "500 instead of \(code)",
        fix: "error_page 599 /_bearerd; in the page's location, or recursive_error_pages off;")
    }
    for ending in flow.endings {
      guard let page = ending.page, let server = location.server else { continue }
      // What is open is more than a status: FallbackRule says it.
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
        sends: sends, gets: "\(ending.status) instead of \(code): clients take it for success",
        fix: "error_page \(code) \(page.target); without =, or include snippets/bearerd-guard.conf; alone")
    case 300..<400:
      report.error(
        .denialRedirected, at: page.directive, "a denial of \(location.title) becomes a redirect",
        sends: sends,
        gets: "a redirect instead of \(code): clients do not learn that they need a token",
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

  /// `return 401` in a guarded location: there was no check, so there is no challenge.
  private static func judgeOwnDenials(in location: Context, _ site: Site, _ report: inout Report) {
    guard !location.isNamed else { return }
    for exit in location.rewriting.exits {
      guard case .returns(401, _) = exit.kind,
        location.effective("add_header").allSatisfy({ $0.value?.lowercased() != "www-authenticate" })
      else { continue }
      report.error(
        .challengeMissing, at: exit.directive, "this 401 comes before the check, and so without a challenge",
        sends: "GET \(site.examplePath(of: location)) without a token", gets: "401 without WWW-Authenticate",
        fix: "nothing: auth_request denies by itself")
    }
  }
}
