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
    let allowances = Set(text.allowances)
    var (findings, allowed): ([NginxFinding], [NginxFinding]) = ([], [])
    for (place, group) in found.sorted(by: { $0.key < $1.key }) {
      for finding in group.sorted(by: { $0.name.rawValue < $1.name.rawValue }) {
        if allowances.contains(Allowance(name: finding.name.rawValue, place: place)) {
          allowed.append(finding)
        } else {
          findings.append(finding)
        }
      }
    }
    return (findings, allowed)
  }
}
