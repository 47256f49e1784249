/// Secrets in logs and in the configuration itself.
enum LogRule {
  static func apply(_ site: Site, _ report: inout Report) {
    let secrets = Secrets(site)
    guard !site.guarded.isEmpty else { return }
    judgeFormats(site, secrets, &report)
    judgeQuery(site, &report)
    judgeErrorLog(site, &report)
    judgeLiterals(site, &report)
  }

  private static func judgeFormats(_ site: Site, _ secrets: Secrets, _ report: inout Report) {
    let logs = ([site.http] + site.contexts).flatMap { $0.own("access_log") }
    for format in site.http.own("log_format")
    where format.arguments.dropFirst().contains(where: secrets.isSecret) {
      let isUsed = logs.contains { $0.arguments.count > 1 && $0.arguments[1] == format.value }
      report.add(
        isUsed ? .error : .warning, .secretInLog, at: format, "this format writes the client's secret",
        sends: "a request with a valid token", gets: "the token is in the log",
        fix: "$bearerd_application and $bearerd_key: they identify the application")
    }
    for format in site.http.own("log_format")
    where format.arguments.dropFirst().contains(where: {
      Secrets.names(in: $0).contains(where: secrets.parts.contains)
    }) {
      report.warning(
        .secretInLog, at: format, "this format writes a part of the client's secret",
        sends: "a request with a valid token",
        gets: "that part is in the log",
        fix: "$bearerd_application and $bearerd_key: they identify the application")
    }
    for log in logs where log.value.map(secrets.isSecret) == true {
      report.error(
        .secretInLog, at: log, "the name of this log file contains the client's secret",
        sends: "a request with a valid token",
        gets: "the token becomes a file name", fix: "use access_log with a fixed path")
    }
  }

  /// A secret in the URL is in every log of URLs.
  private static func judgeQuery(_ site: Site, _ report: inout Report) {
    for context in site.contexts where context.location != nil || context.kind == .server {
      let sources =
        context.own("set").filter { $0.value == "$bearerd_authorization" }
        + (site.isBearerd(context)
          ? context.own("fastcgi_param").filter {
            ["HTTP_AUTHORIZATION", "BEARERD_TOKEN"].contains($0.value ?? "")
          } : [])
      for source in sources where source.arguments.count > 1 {
        guard
          Secrets.names(in: source.arguments[1]).contains(where: { $0.hasPrefix("$arg_") || $0 == "$args" })
        else { continue }
        let isLogged = context.value("access_log") != "off"
        report.add(
          isLogged ? .error : .warning, .secretInLog, at: source,
          "the secret is in the URL, and so in the log",
          sends: "a request with a valid token",
          gets: "the token is in access logs here and elsewhere, in histories and in Referer",
          fix: "use a header: $http_x_api_key")
      }
    }
  }

  private static func judgeErrorLog(_ site: Site, _ report: inout Report) {
    let logs =
      site.text.directives.filter { $0.name == "error_log" && $0.block == nil }
      + (site.isWhole ? [site.http] + site.contexts : site.contexts).flatMap { $0.own("error_log") }
    for log in logs where ["info", "debug"].contains(log.arguments.last ?? "") {
      report.error(
        .secretInLog, at: log,
        "at this level nginx logs header lines, including Authorization",
        sends: "a request with two Authorization headers", gets: "the token is in the log",
        fix: "error_log ... notice;")
    }
  }

  /// Tokens in the configuration are known to everyone who may read it, and a map ignores case.
  private static func judgeLiterals(_ site: Site, _ report: inout Report) {
    var derived: Set<String> = ["$http_authorization", "$http_x_api_key"]
    for map in site.http.own("map")
    where map.arguments.count == 2 && Secrets.names(in: map.arguments[0]).contains("$http_authorization") {
      let entries = (map.block ?? []).filter {
        !["default", "hostnames", "volatile", "include"].contains($0.name) && isToken($0.name)
      }
      guard let first = entries.first else { continue }
      derived.insert(map.arguments[1])
      report.warning(
        .oldTokenMap, at: first, "this map contains a token, and compares it ignoring case",
        gets: "everyone who may read the configuration knows it",
        fix: "use bearerd token add instead of the map")
    }
    for context in site.contexts where context.kind != .ifBlock {
      for statement in context.statements where statement.name == "if" {
        judgeCondition(statement, in: context, derived, site, &report)
      }
      for setting in context.own("set")
      where setting.value == "$bearerd_authorization" && setting.arguments.count == 2 {
        guard Secrets.names(in: setting.arguments[1]).isEmpty, isToken(setting.arguments[1]) else { continue }
        report.error(
          .checkMissing, at: setting, "nginx sets the token itself, for every client",
          sends: "a request without a token", gets: "what is guarded",
          fix: "set $bearerd_authorization $http_authorization;")
      }
    }
  }

  /// An `if` that accepts an old token before the check by bearerd.
  private static func judgeCondition(
    _ statement: Directive, in context: Context, _ derived: Set<String>, _ site: Site, _ report: inout Report
  ) {
    let words = statement.arguments.joined(separator: " ")
    let names = Secrets.names(in: words).filter(derived.contains)
    guard !names.isEmpty else { return }
    let isFromMap = names.contains { !$0.hasPrefix("$http_") }
    let literal = Condition(statement).comparison.map { isToken($0.value) } ?? false
    guard isFromMap || literal else { return }
    let lets = Rewriting(statement.block ?? []).exits.contains { exit in
      switch exit.kind {
      case .returns(let code, _): code < 300
      case .jumps: true
      }
    }
    let isAskedFirst = site.isGuarded(context) || site.isBearerd(context) || context.kind == .server
    // In a location without a guard, the token is the whole check.
    let isAlone =
      site.access(of: context) == .open && context.kind != .server && site.backend(of: context) != nil
    report.add(
      lets && isAskedFirst || isAlone ? .error : .warning, .oldTokenMap, at: statement,
      "a token in the configuration is accepted here, before the check by bearerd",
      sends: "that token, which bearerd does not know",
      gets: "what is guarded", fix: "use bearerd token add instead of the if")
  }

  /// Whether a text that is compared with a header is more than a scheme's name. It is never printed.
  private static func isToken(_ text: String) -> Bool {
    var text = text.lowercased()
    for sign in ["~*", "~", "^"] where text.hasPrefix(sign) { text = String(text.dropFirst(sign.count)) }
    for scheme in ["bearer", "basic"] where text.hasPrefix(scheme) {
      text = String(text.dropFirst(scheme.count))
    }
    return text.utf8.filter { ByteSet.wordBytes.contains($0) }.count >= 6
  }

  /// Whether a condition tests for a token in the configuration.
  static func isOfToken(_ condition: Directive, _ site: Site) -> Bool {
    let names = Secrets.names(in: condition.arguments.joined(separator: " "))
    return site.http.own("map").contains { map in
      names.contains(map.arguments.last ?? "")
        && Secrets.names(in: map.arguments[0]).contains("$http_authorization")
    }
  }
}
