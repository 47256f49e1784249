/// Requests for guarded paths that another location handles, and guards without effect.
enum LocationRule {
  static func apply(_ site: Site, _ report: inout Report) {
    // Of each parent, those that take requests away from guarded prefixes: there may be thousands of both.
    var regexes: [ObjectIdentifier: [Context]] = [:]
    for location in site.guarded {
      judgeSlashes(location, site, &report)
      judgeRegexes(around: location, &regexes, site, &report)
      judgeSatisfy(location, site, &report)
    }
    for context in site.contexts { judgeOff(context, site, &report) }
  }

  private static func judgeSlashes(_ location: Context, _ site: Site, _ report: inout Report) {
    guard let server = location.server,
      let setting = site.headReaders(of: server).flatMap({ $0.effective("merge_slashes") }).first(where: {
        $0.value == "off"
      }), location.kind != .server, !location.isNamed
    else { return }
    let path = site.examplePath(of: location)
    let target = site.location(for: Array("/\(path)".utf8), in: server).context
    guard target !== location, site.access(of: target) == .open, site.shares(target, location) else { return }
    report.error(
      .unmergedSlashes, at: setting, "a path with two slashes does not match \(location.title)",
      sends: "GET /\(path) without a token", gets: "what \(target.title) serves: the same files or backend",
      fix: "merge_slashes on; (the default)")
  }

  /// A regular expression has priority over a prefix without `^~`.
  private static func judgeRegexes(
    around location: Context, _ regexes: inout [ObjectIdentifier: [Context]], _ site: Site,
    _ report: inout Report
  ) {
    guard let server = location.server else { return }
    if case .regex(let text, let ignoresCase) = location.location {
      return judgeOrder(of: location, text, ignoresCase, server, site, &report)
    }
    guard case .prefix(let path, _) = location.location else { return }
    for level in location.ancestry {
      guard case .prefix(_, isFinal: false) = level.location, let parent = level.parent else { continue }
      let open =
        regexes[ObjectIdentifier(parent)]
        ?? parent.children.filter {
          $0.pattern != nil && site.access(of: $0) == .open && !site.isDeclaredPublic($0)
        }
      regexes[ObjectIdentifier(parent)] = open
      for child in open {
        // The cheap answers first.
        guard let pattern = child.pattern, !pattern.excludes(prefix: path),
          isSameContent(child, location, site)
        else { continue }
        let match = pattern.canMatch(prefix: path, site.patterns.work)
        guard match.answer != .no else { continue }
        let found = site.location(for: match.example, in: server)
        if match.answer == .yes, found.isCertain {
          guard site.access(of: found.context) == .open else { continue }
          report.error(
            .regexLocationTakes, at: child.directive,
            "\(child.title) has priority over \(location.title)",
            sends: "GET \(String(decoding: match.example, as: UTF8.self)) without a token",
            gets: "what it serves, without a check",
            fix: "location ^~ \(String(decoding: path, as: UTF8.self)), with this location nested in it")
          if let backend = site.backend(of: child) {
            HeaderRule.judgeNames(backend, in: child, isGuarded: false, site, &report)
          }
        } else {
          report.warning(
            .cannotJudge, at: child.directive,
            "whether \(child.title) has priority over \(location.title): its regular expression is too complex",
            fix: "location ^~ \(String(decoding: path, as: UTF8.self))")
        }
      }
    }
  }

  /// Of two regular expressions, the first that matches is used.
  private static func judgeOrder(
    of location: Context, _ text: String, _ ignoresCase: Bool, _ server: Context, _ site: Site,
    _ report: inout Report
  ) {
    guard let parent = location.parent else { return }
    let pattern = site.patterns.pattern(text, ignoringCase: ignoresCase)
    let prefix = Pattern.literalPrefix(of: text)
    for child in parent.children.prefix(while: { $0 !== location }) {
      guard case .regex(let other, let othersIgnore) = child.location, site.access(of: child) == .open,
        !site.isDeclaredPublic(child), isSameContent(child, location, site)
      else { continue }
      let match = site.patterns.pattern(other, ignoringCase: othersIgnore).canMatch(
        prefix: prefix, site.patterns.work)
      guard match.answer == .yes, pattern.matches(match.example, site.patterns.work) == .yes,
        site.location(for: match.example, in: server).context === child
      else { continue }
      report.error(
        .regexLocationTakes, at: child.directive,
        "\(child.title) comes before \(location.title) and has priority",
        sends: "GET \(String(decoding: match.example, as: UTF8.self)) without a token",
        gets: "what it serves, without a check",
        fix: "put the guarded location first")
    }
  }

  private static func isSameContent(_ regex: Context, _ location: Context, _ site: Site) -> Bool {
    let (taking, guarded) = (site.backends(after: regex), site.backends(after: location))
    if guarded.isEmpty { return regex.value("root") == location.value("root") || regex.value("alias") != nil }
    // Locations nested in the guarded one may have the files.
    let nested = location.children.flatMap { site.backends(after: $0) }
    return taking.contains { one in
      (guarded + nested).contains { !$0.addresses.isDisjoint(with: one.addresses) }
    }
  }

  private static func judgeSatisfy(_ location: Context, _ site: Site, _ report: inout Report) {
    guard location.value("satisfy") == "any", let setting = location.effective("satisfy").first else {
      return
    }
    let rules = location.ancestry.first { !$0.own("allow").isEmpty || !$0.own("deny").isEmpty }
    let hasAddresses = rules.map { !$0.own("allow").isEmpty } ?? false
    let hasPasswords = location.value("auth_basic").map { $0 != "off" } ?? false
    guard hasAddresses || hasPasswords else { return }
    report.add(
      hasAddresses ? .error : .warning, .satisfyAny, at: setting,
      "satisfy any: one of several checks is enough for \(location.title)",
      sends:
        "GET \(site.examplePath(of: location)) without a token, \(hasAddresses ? "from an allowed address" : "with a password")",
      gets: "what is guarded", fix: "satisfy all;")
  }

  private static func judgeOff(_ context: Context, _ site: Site, _ report: inout Report) {
    guard let directive = context.own("auth_request").first,
      directive.value == "off" || allowsAll(context, site),
      let outer = context.ancestry.dropFirst().first(where: {
        $0.location != nil && !$0.own("auth_request").isEmpty
      }),
      site.isGuarded(outer)
    else { return }
    report.error(
      .nestedAuthOff, at: directive, "\(context.title) turns off the guard of \(outer.title)",
      sends: "GET \(site.examplePath(of: context)) without a token", gets: "what it serves",
      fix: "remove it; put a public location beside the guarded one")
  }

  /// Whether another check replaces the guard and always allows.
  private static func allowsAll(_ context: Context, _ site: Site) -> Bool {
    guard case .other(let check) = site.check(of: context) else { return false }
    return CheckRule.alwaysAllows(check) != nil
  }

  /// Whether a location around the context has a guard.
  static func isNested(_ context: Context, _ site: Site) -> Bool {
    context.ancestry.dropFirst().contains { $0.location != nil && site.isGuarded($0) }
  }
}
