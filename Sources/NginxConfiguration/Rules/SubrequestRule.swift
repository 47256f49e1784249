/// Subrequests of nginx, whose access is not checked.
enum SubrequestRule {
  static func apply(_ site: Site, _ report: inout Report) {
    guard !site.guarded.isEmpty else { return }
    for context in site.contexts where context.location != nil || context.kind == .server {
      guard let server = context.server, !site.isBearerd(context) else { continue }
      judgePostAction(context, server, site, &report)
      guard site.access(of: context) == .open, site.isPublic(context), site.reaches(context) else { continue }
      for name in ["mirror", "add_before_body", "add_after_body", "auth_request"] {
        for directive in context.effective(name) { judge(directive, in: context, server, site, &report) }
      }
      judgeInclusion(context, server, site, &report)
    }
    for context in site.contexts where site.access(of: context) == .restricted {
      for directive in context.own("auth_request") {
        guard let server = context.server else { continue }
        judge(directive, in: context, server, site, &report)
      }
    }
  }

  private static func judge(
    _ directive: Directive, in context: Context, _ server: Context, _ site: Site, _ report: inout Report
  ) {
    guard let uri = directive.value, uri.hasPrefix("/"),
      case .context(let target, _, _) = site.destination(uri, in: server),
      site.isGuarded(target), !site.isBearerd(target)
    else { return }
    // Of another check only the status is used, but its backend receives the request.
    guard directive.name.hasPrefix("add_") || !site.backends(after: target).isEmpty else { return }
    report.error(
      .subrequestReaches, at: directive,
      "\(directive.name) of \(context.title) reaches \(target.title) without its check",
      sends: "GET \(site.examplePath(of: context)) without a token",
      gets: "what is guarded, or its backend receives the request",
      fix: "point \(directive.name) to a location without guarded content")
  }

  /// `<!--# include virtual="/private/" -->` is a subrequest.
  private static func judgeInclusion(
    _ context: Context, _ server: Context, _ site: Site, _ report: inout Report
  ) {
    guard context.isOn("ssi"), let setting = context.effective("ssi").first,
      let location = site.guarded.first(where: { $0.server === server })
    else { return }
    report.error(
      .subrequestReaches, at: setting,
      "pages of \(context.title) may include guarded ones: SSI includes are not checked",
      sends: "GET \(site.examplePath(of: context)), a page that includes \(site.examplePath(of: location))",
      gets: "what is guarded", fix: "use ssi off; in locations without a guard")
  }

  /// It also runs after denials.
  private static func judgePostAction(
    _ context: Context, _ server: Context, _ site: Site, _ report: inout Report
  ) {
    guard let action = context.effective("post_action").first, let uri = action.value,
      case .context(let target, _, _) = site.destination(uri, in: server),
      let backend = site.backend(of: target),
      !site.isGuarded(target)
    else { return }
    // A denial ends in the location of its error page.
    let isAfterDenials = site.guarded.contains { location in
      location.server === server
        && ErrorFlow(of: 401, in: location, site).hops.contains { hop in
          if case .context(let page, _, _) = hop.destination { page === context } else { false }
        }
    }
    let isSame = site.guarded.contains {
      site.backends(after: $0).contains { !$0.addresses.isDisjoint(with: backend.addresses) }
    }
    guard isAfterDenials, isSame else { return }
    report.error(
      .subrequestReaches, at: action,
      "post_action also runs after denials, and reaches the backend in \(target.title)",
      sends: "a request without a token", gets: "the backend receives the request",
      fix: "move post_action to the locations that need it")
  }
}

/// WebDAV methods that affect files of other locations.
enum DAVRule {
  /// DELETE of a directory also deletes a guarded directory inside.
  static func judgeDelete(
    _ open: Context, _ files: ServedFiles, _ locations: [FileRule.Entry], _ report: inout Report
  ) {
    guard let methods = open.effective("dav_methods").first, methods.arguments.contains("DELETE"),
      let location = locations.first(where: {
        $0.files.directory.starts(with: files.directory) && $0.context !== open
      })
    else { return }
    report.error(
      .davDestination, at: methods,
      "DELETE of a directory also deletes that of \(location.context.title) inside",
      sends: "DELETE \(String(decoding: files.prefix, as: UTF8.self)) without a token",
      gets: "guarded files are deleted",
      fix: "remove DELETE from dav_methods, or add a guard")
  }

  /// COPY and MOVE: the client names the destination, and nginx selects no location for it.
  static func judgeDestination(_ context: Context, _ site: Site, _ report: inout Report) {
    guard let methods = context.effective("dav_methods").first,
      !methods.arguments.filter({ ["COPY", "MOVE"].contains($0) }).isEmpty,
      context.own("alias").isEmpty, let server = context.server,
      !context.statements.contains(where: {
        $0.name == "if" && $0.arguments.joined().contains("$http_destination")
      })
    else { return }
    let others = site.guarded.filter {
      $0 !== context && $0.server === server && $0.value("root") == context.value("root")
    }
    guard
      others.contains(where: { site.scope(of: $0) != site.scope(of: context) || !site.isGuarded(context) }),
      context.location?.path != [UInt8(ascii: "/")]
    else {
      return
    }
    report.error(
      .davDestination, at: methods,
      "COPY and MOVE write to any Destination, also outside of \(context.title)",
      sends: "COPY \(site.examplePath(of: context)) with Destination: /elsewhere/page.html",
      gets: "a file where this token has no write access",
      fix: "remove COPY and MOVE from dav_methods, or use if ($http_destination !~ ...) { return 403; }")
  }
}
