import BearerAuth

/// Collects the findings of the rules.
struct Report {
  /// The maximum number of findings.
  static let maximumFindings = 1000

  private let text: ConfigurationText
  private var found: [Place: [NginxFinding]] = [:]
  private var count = 0
  /// Whether findings were left out.
  private(set) var isCut = false

  init(about text: ConfigurationText) {
    self.text = text
  }

  /// Adds a finding, unless the line has one of the same name.
  mutating func add(
    _ severity: NginxFinding.Severity, _ name: FindingName, at directive: Directive, _ problem: String,
    sends: String? = nil, gets: String? = nil, fix: String
  ) {
    let known = found[directive.place, default: []]
    if let index = known.firstIndex(where: { $0.name == name }) {
      guard severity == .error, known[index].severity == .warning else { return }
      found[directive.place]?.remove(at: index)
      count -= 1
    }
    guard count < Report.maximumFindings else { return isCut = true }
    count += 1
    found[directive.place, default: []].append(
      NginxFinding(
        name: name, severity: severity, file: Report.shown(text.files[directive.place.file]),
        line: directive.place.line, problem: Report.shown(problem),
        sends: sends.map(Report.shown),
        gets: gets.map(Report.shown), fix: Report.shown(fix)))
  }

  /// Text of a configuration, printable.
  private static func shown(_ text: String) -> String { text.shortened(to: 600).printable }

  mutating func error(
    _ name: FindingName, at directive: Directive, _ problem: String, sends: String? = nil,
    gets: String? = nil,
    fix: String
  ) {
    add(.error, name, at: directive, problem, sends: sends, gets: gets, fix: fix)
  }

  mutating func warning(
    _ name: FindingName, at directive: Directive, _ problem: String, sends: String? = nil,
    gets: String? = nil,
    fix: String
  ) {
    add(.warning, name, at: directive, problem, sends: sends, gets: gets, fix: fix)
  }

  /// The findings that a comment does not suppress, and those that one does; in the order of files and lines.
  var sorted: (findings: [NginxFinding], allowed: [NginxFinding]) {
    let suppressions = Set(text.suppressions)
    var (findings, allowed): ([NginxFinding], [NginxFinding]) = ([], [])
    for (place, group) in found.sorted(by: { $0.key < $1.key }) {
      for finding in group.sorted(by: { $0.name.rawValue < $1.name.rawValue }) {
        if suppressions.contains(Suppression(name: finding.name.rawValue, place: place)) {
          allowed.append(finding)
        } else {
          findings.append(finding)
        }
      }
    }
    return (findings, allowed)
  }
}

/// The names of the findings. They are stable: comments `# bearerd: allow NAME` contain them.
package enum FindingName: String, CaseIterable, Sendable {
  // Content without a check.
  case fallbackOpens = "fallback-opens"
  case daemonDownOpens = "daemon-down-opens"
  case checkMissing = "check-missing"
  case rewriteBeforeCheck = "rewrite-before-check"
  case returnBeforeCheck = "return-before-check"
  case ifBeforeCheck = "if-before-check"
  case unmergedSlashes = "unmerged-slashes"
  case regexLocationTakes = "regex-location-takes"
  case nestedAuthOff = "nested-auth-off"
  case satisfyAny = "satisfy-any"
  case sameFilesElsewhere = "same-files-elsewhere"
  case sameBackendUnguarded = "same-backend-unguarded"
  case caseVariant = "case-variant"
  case davDestination = "dav-destination"
  case subrequestReaches = "subrequest-reaches"
  case scopeFromClient = "scope-from-client"
  case clientAddressForged = "client-address-forged"
  // Secrets and names.
  case secretToBackend = "secret-to-backend"
  case forgedName = "forged-name"
  case underscoresInHeaders = "underscores-in-headers"
  case secretInLog = "secret-in-log"
  case cachedBetweenApplications = "cached-between-applications"
  // Denials.
  case denialBecomes200 = "denial-becomes-200"
  case denialIntercepted = "denial-intercepted"
  case denialRedirected = "denial-redirected"
  case challengeMissing = "challenge-missing"
  case redirectionCycle = "redirection-cycle"
  // Mistakes.
  case limitKeyEmpty = "limit-key-empty"
  case scopeLostInNested = "scope-lost-in-nested"
  case headerListReplaced = "header-list-replaced"
  case preflightDenied = "preflight-denied"
  case plainHTTP = "plain-http"
  case oldTokenMap = "old-token-map"
  case cannotJudge = "cannot-judge"
}

/// A finding in a configuration of nginx. It never repeats a value that could be a secret.
package struct NginxFinding: Equatable, Sendable {
  package enum Severity: String, Sendable {
    /// Depends on something outside of the configuration, or could not be judged.
    case warning
    /// A check is bypassed, a secret leaks, or a denial is changed.
    case error
  }

  package let name: FindingName
  package let severity: Severity
  package let file: String
  package let line: Int
  /// The problem.
  package let problem: String
  /// The request of an attacker or client; nil if that does not matter.
  package let sends: String?
  /// The result of that request.
  package let gets: String?
  /// The line to write.
  package let fix: String

  /// In the format of compilers, and in indented lines the request, its result and the fix.
  package var description: String {
    var lines = ["\(file):\(line): \(severity.rawValue): \(name.rawValue): \(problem)"]
    if let sends { lines.append("    sends: \(sends)") }
    if let gets { lines.append("    gets:  \(gets)") }
    lines.append("    write: \(fix)")
    return lines.joined(separator: "\n")
  }
}

/// The findings in a configuration of nginx: `bearerd doctor nginx` without its input and output.
package struct Examination: Sendable {
  package let findings: [NginxFinding]
  /// Findings suppressed by a comment `# bearerd: allow NAME`.
  package let allowed: [NginxFinding]
  /// The number of guarded locations, and of servers with guarded content outside of locations.
  package let guardedCount: Int
  /// Whether there are more findings than listed.
  package let isCut: Bool

  package var hasErrors: Bool { findings.contains { $0.severity == .error } }

  package init(of text: ConfigurationText) {
    let site = Site(text)
    var report = Report(about: text)
    for rule in Examination.rules { rule(site, &report) }
    (findings, allowed) = report.sorted
    guardedCount = site.guarded.count
    isCut = report.isCut
  }

  private static let rules: [@Sendable (Site, inout Report) -> Void] = [
    { FallbackRule.apply($0, &$1) }, { DenialRule.apply($0, &$1) }, { CheckRule.apply($0, &$1) },
    { RewriteRule.apply($0, &$1) }, { LocationRule.apply($0, &$1) }, { FileRule.apply($0, &$1) },
    { BackendRule.apply($0, &$1) }, { SubrequestRule.apply($0, &$1) }, { HeaderRule.apply($0, &$1) },
    { LogRule.apply($0, &$1) }, { CacheRule.apply($0, &$1) }, { MistakeRule.apply($0, &$1) },
    { JudgementRule.apply($0, &$1) },
  ]
}
