/// `rewrite`, `return` and `if`: nginx runs them before the check.
enum RewriteRule {
  static func apply(_ site: Site, _ report: inout Report) {
    for server in site.servers {
      let locations = site.guarded.filter { $0.server === server }
      guard let first = locations.first else { continue }
      judgeCheck(of: server, first, site, &report)
      for exit in server.rewriting.exits { judgeServer(exit, locations, site, &report) }
      for location in locations where !location.isNamed && location.kind != .server {
        for exit in location.rewriting.exits { judge(exit, in: location, site, &report) }
      }
    }
  }

  /// nginx also rewrites the check's own URI; then another location answers the check.
  private static func judgeCheck(
    of server: Context, _ location: Context, _ site: Site, _ report: inout Report
  ) {
    guard let uri = location.value("auth_request"), let check = site.checkLocation(of: location) else {
      return
    }
    let path = Array(uri.utf8)
    for statement in server.statements {
      var inner = [statement]
      var condition: Directive?
      if statement.name == "if" {
        guard Condition(statement).holds(uri: path, site.patterns) != .no else { continue }
        (inner, condition) = (statement.block ?? [], statement)
      }
      for directive in inner {
        if directive.name == "break" || directive.name == "return",
          condition.map({ Condition($0).holds(uri: path, site.patterns) == .yes }) ?? true
        {
          return
        }
        guard directive.name == "rewrite",
          case .jumps(let pattern, let replacement)? = Rewriting([directive]).exits.first?.kind,
          site.patterns.pattern(pattern, ignoringCase: false).matches(path, site.patterns.work) != .no
        else { continue }
        if case .context(let target, _, _) = site.destination(replacement, in: server), target === check {
          continue
        }
        report.error(
          .rewriteBeforeCheck, at: directive,
          "this rewrites the check's URI (\(uri)): \(replacement) answers the check",
          sends: "GET \(site.examplePath(of: location)) without a token",
          gets: "what is guarded, if \(replacement) answers with 200",
          fix: "include snippets/bearerd-auth.conf; before all rewrites of the server")
      }
    }
  }

  /// Whether a URL has a parameter with a fixed value: a signature or a key.
  private static func isSigned(_ url: String) -> Bool {
    guard let query = url.firstIndex(of: "?") else { return false }
    return url[query...].split(separator: "=").dropFirst().contains {
      $0.utf8.first != UInt8(ascii: "$") && $0.utf8.count > 3
    }
  }

  /// A rewrite of the server that redirects requests for a guarded location.
  private static func judgeServer(
    _ exit: Rewriting.Exit, _ locations: [Context], _ site: Site, _ report: inout Report
  ) {
    guard case .jumps(let text, let replacement) = exit.kind else { return }
    let pattern = site.patterns.pattern(text, ignoringCase: false)
    for location in locations {
      guard let path = location.location?.path, let server = location.server else { continue }
      let match = pattern.canMatch(prefix: path, site.patterns.work)
      guard match.answer != .no else { continue }
      let isOfMissingFiles = exit.condition.map { Condition($0).isOfMissingFiles } ?? false
      guard
        case .opens(let target) = site.opening(site.destination(replacement, in: server), insteadOf: location),
        !isOfMissingFiles || !site.backends(after: location).isEmpty && site.shares(target, location)
      else { continue }
      report.add(
        match.answer == .yes ? .error : .warning,
        exit.condition == nil ? .rewriteBeforeCheck : .ifBeforeCheck,
        at: exit.directive, "this redirects requests for \(location.title) before the check",
        sends: "GET \(String(decoding: match.example, as: UTF8.self)) without a token",
        gets: "what \(target.title) serves",
        fix: "move it into the locations that need it, or add a guard in \(target.title)")
      return
    }
  }

  /// A `return` or `rewrite` of the guarded location itself.
  private static func judge(
    _ exit: Rewriting.Exit, in location: Context, _ site: Site, _ report: inout Report
  ) {
    let name: FindingName =
      exit.condition == nil
      ? (exit.directive.name == "return" ? .returnBeforeCheck : .rewriteBeforeCheck) : .ifBeforeCheck
    let sends = "GET \(site.examplePath(of: location)) without a token"
    switch exit.kind {
    case .returns(let code, let text):
      if code < 300 {
        guard code != 204, text?.isEmpty == false else { return }
        // A guard of the server also covers locations that may be public on purpose.
        let isOfServer = location.level(of: "auth_request")?.location == nil
        report.add(
          isOfServer ? .warning : .error, name, at: exit.directive,
          "nginx executes this before the check of \(location.title)",
          sends: sends, gets: "\(code) with this text",
          fix: isOfServer
            ? "auth_request off; here, if it is public"
            : "try_files /nonexistent @content; and move the return to a location @content")
        return
      }
      if let text, isSigned(text), location.level(of: "auth_request") === location {
        report.error(
          name, at: exit.directive, "nginx executes this before the check of \(location.title)", sends: sends,
          gets: "\(code) to a URL that is itself a secret",
          fix: "try_files /nonexistent @content; and move the return to a location @content")
      }
      for hop in ErrorFlow(of: code, in: location, site).hops {
        guard case .opens(let target) = site.opening(hop.destination, insteadOf: location) else { continue }
        // Public reading, restricted by the method, is intended.
        let isReading = exit.condition.map { Condition($0).isOfReading } ?? false
        report.add(
          isReading ? .warning : .error, isReading ? .sameBackendUnguarded : .fallbackOpens,
          at: hop.page.directive,
          "the error page for \(code), which \(location.title) returns before the check, is not guarded",
          sends: sends,
          gets: "what \(target.title) serves", fix: "in \(target.title): include snippets/bearerd-guard.conf;"
        )
      }
    case .jumps(_, let replacement):
      guard let server = location.server,
        case .context(let target, _, _) = site.destination(replacement, in: server),
        site.access(of: target) == .open
      else { return }
      let isPage = site.backend(of: target) == nil && Secrets.names(in: replacement).isEmpty
      report.add(
        isPage ? .warning : .error, name, at: exit.directive,
        "this leaves \(location.title) before the check", sends: sends,
        gets: "what \(target.title) serves",
        fix: "use break instead of last, or add a guard in \(target.title)")
    }
  }
}

/// The condition of an `if`.
struct Condition {
  private let words: [String]

  init(_ directive: Directive) {
    var text = directive.arguments
    if let first = text.first, first.hasPrefix("(") { text[0] = String(first.dropFirst()) }
    if let last = text.last, last.hasSuffix(")") { text[text.count - 1] = String(last.dropLast()) }
    words = text.filter { !$0.isEmpty }
  }

  /// `!-e $request_filename` and similar conditions.
  var isOfMissingFiles: Bool { words.first.map { ["!-e", "!-f", "!-d"].contains($0) } ?? false }

  /// Whether it holds for GET and HEAD only.
  var isOfReading: Bool {
    guard let (variable, operation, value) = comparison, variable == "$request_method" else { return false }
    return ["=", "~", "~*"].contains(operation)
      && ["GET", "HEAD", "^(GET|HEAD)$", "^GET$", "GET|HEAD", "(GET|HEAD)"].contains(value)
  }

  /// The variable, the operator and the value; nil for other conditions.
  var comparison: (variable: String, operation: String, value: String)? {
    words.count == 3 ? (words[0], words[1], words[2]) : nil
  }

  /// Whether it holds for requests with this path; unknown if it does not depend on the path.
  func holds(uri: [UInt8], _ patterns: PatternStore) -> Pattern.Answer {
    guard let (variable, operation, value) = comparison, ["$uri", "$document_uri"].contains(variable) else {
      return .unknown
    }
    func answer(_ isSo: Bool) -> Pattern.Answer { isSo ? .yes : .no }
    func negated(_ answer: Pattern.Answer) -> Pattern.Answer {
      switch answer {
      case .yes: .no
      case .no: .yes
      case .unknown: .unknown
      }
    }
    let matched = {
      patterns.pattern(value, ignoringCase: operation.hasSuffix("*")).matches(uri, patterns.work)
    }
    switch operation {
    case "=": return answer(Array(value.utf8) == uri)
    case "!=": return answer(Array(value.utf8) != uri)
    case "~", "~*": return matched()
    case "!~", "!~*": return negated(matched())
    default: return .unknown
    }
  }
}
