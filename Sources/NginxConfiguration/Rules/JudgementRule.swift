/// What this command cannot judge, said instead of guessed.
enum JudgementRule {
  /// Directives that run a program for a request.
  static let programs = [
    "content_by_lua", "content_by_lua_block", "content_by_lua_file", "js_content", "perl", "echo",
    "echo_location",
    "echo_exec", "passenger_enabled", "rewrite_by_lua_block", "rewrite_by_lua", "rewrite_by_lua_file",
  ]

  static func apply(_ site: Site, _ report: inout Report) {
    for include in site.text.unresolved where include.value?.hasSuffix("mime.types") != true {
      report.warning(
        .cannotJudge, at: include, "the file of this include is not in the text",
        fix: "nginx -T | bearerd doctor nginx -")
    }
    if !site.isWhole, let first = site.text.directives.first {
      report.warning(
        .cannotJudge, at: first, "this is only a part of a configuration: what is around it is not known",
        fix: "nginx -T | bearerd doctor nginx -")
    }
    guard !site.guarded.isEmpty else {
      if let first = site.text.directives.first, site.text.unresolved.isEmpty,
        !site.contexts.contains(where: site.isBearerd)
      {
        report.warning(
          .cannotJudge, at: first, "no location is guarded by bearerd",
          fix: "include snippets/bearerd-guard.conf; in a location")
      }
      return
    }
    var seen: Set<String> = []
    for context in [site.http] + site.contexts {
      for statement in context.statements { judge(statement, in: context, &seen, &report) }
      judgeVariables(context, site, &report)
    }
    if site.patterns.work.isExhausted, let first = site.text.directives.first {
      report.warning(
        .cannotJudge, at: first, "the configuration is too large: not all of it was judged",
        fix: "a configuration for each site")
    }
  }

  private static func judge(
    _ statement: Directive, in context: Context, _ seen: inout Set<String>, _ report: inout Report
  ) {
    guard !KnownDirectives.contains(statement.name), context.kind != .http || statement.name != "include"
    else { return }
    guard seen.insert(statement.name).inserted else { return }
    let isProgram = ["_by_lua", "js_", "perl"].contains { statement.name.contains($0) }
    report.warning(
      .cannotJudge, at: statement,
      "what \(statement.name) does with requests: \(isProgram ? "it runs a program" : "it is of a module that is not known here")",
      fix: "# bearerd: allow cannot-judge (once you have read what it does)")
  }

  /// Paths and backends that only a request decides.
  private static func judgeVariables(_ context: Context, _ site: Site, _ report: inout Report) {
    guard context.kind != .http, [.open, .guarded].contains(site.access(of: context)) else { return }
    if let backend = site.backend(of: context), hasVariableHost(backend),
      site.guarded.contains(where: { !site.backends(after: $0).isEmpty })
    {
      report.warning(
        .cannotJudge, at: backend.directive,
        "whether this reaches a guarded backend: its address has variables",
        fix: "an address without variables, or a guard")
    }
    guard site.access(of: context) == .open else { return }
    for directive in context.own("root") + context.own("alias") where directive.value?.contains("$") == true {
      let hasCaptures =
        directive.name == "alias"
        && context.location.map { if case .regex = $0 { true } else { false } } == true
      guard !hasCaptures, site.guarded.contains(where: { site.backends(after: $0).isEmpty }) else { continue }
      report.warning(
        .cannotJudge, at: directive, "whether this serves guarded files: its path has variables",
        fix: "a path without variables, or a guard")
    }
  }

  private static func hasVariableHost(_ backend: Backend) -> Bool {
    backend.addresses.contains { $0.contains("$") }
  }
}
