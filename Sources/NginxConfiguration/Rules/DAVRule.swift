/// WebDAV's methods that reach beyond the location of their request.
enum DAVRule {
  /// DELETE of a directory takes the guarded one in it along.
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
      "DELETE of a directory takes the one of \(location.context.title) in it along",
      sends: "DELETE \(String(decoding: files.prefix, as: UTF8.self)) without a token",
      gets: "guarded files are gone",
      fix: "dav_methods without DELETE, or a guard")
  }

  /// COPY and MOVE: the client names the destination, and nginx looks for no location for it.
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
      "COPY and MOVE write wherever their Destination says, also out of \(context.title)",
      sends: "COPY \(site.examplePath(of: context)) with Destination: /elsewhere/page.html",
      gets: "a file where this token may not write",
      fix: "dav_methods without COPY and MOVE, or if ($http_destination !~ ...) { return 403; }")
  }
}
