import BearerAuth

/// The findings of the rules, as they come.
struct Report {
  /// Where there are more, the first ones say enough.
  static let maximumFindings = 1000

  private let text: ConfigurationText
  private var found: [Place: [NginxFinding]] = [:]
  private var count = 0
  /// Whether findings were left out.
  private(set) var isCut = false

  init(about text: ConfigurationText) {
    self.text = text
  }

  /// Adds a finding; one of the same name at the same line is enough.
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

  /// Text of a configuration, for a terminal.
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

  /// What is not silenced by a comment, and what is; both in the order of files and lines.
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

/// What `bearerd doctor nginx` can find. The names are stable: comments `# bearerd: allow NAME` hold them.
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

/// Something in a configuration of nginx that its administrator must know. It never repeats a value that could be a secret.
package struct NginxFinding: Equatable, Sendable {
  package enum Severity: String, Sendable {
    /// Depends on what is not in the configuration, or could not be judged.
    case warning
    /// Something is open, leaks, or is changed.
    case error
  }

  package let name: FindingName
  package let severity: Severity
  package let file: String
  package let line: Int
  /// What is wrong.
  package let problem: String
  /// What a client sends; nil if that does not matter.
  package let sends: String?
  /// What comes of it.
  package let gets: String?
  /// The line to write.
  package let fix: String

  /// As compilers write it, and below it, indented, what is sent, what comes of it, and what to write.
  package var description: String {
    var lines = ["\(file):\(line): \(severity.rawValue): \(name.rawValue): \(problem)"]
    if let sends { lines.append("    sends: \(sends)") }
    if let gets { lines.append("    gets:  \(gets)") }
    lines.append("    write: \(fix)")
    return lines.joined(separator: "\n")
  }
}

/// What is found in a configuration of nginx: the whole of `bearerd doctor nginx`, without its input and output.
package struct Examination: Sendable {
  package let findings: [NginxFinding]
  /// Those that a comment `# bearerd: allow NAME` silences.
  package let allowed: [NginxFinding]
  /// How many locations, and servers for what no location takes, bearerd guards.
  package let guardedCount: Int
  /// There are more findings than are listed.
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
