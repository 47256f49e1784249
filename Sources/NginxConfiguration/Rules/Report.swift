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
        name: name, severity: severity, file: Printable.text(text.files[directive.place.file]),
        line: directive.place.line, problem: Printable.text(problem), sends: sends.map(Printable.text),
        gets: gets.map(Printable.text), fix: Printable.text(fix)))
  }

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

/// Text of a configuration, for a terminal.
package enum Printable {
  /// Without what would move the cursor or turn lines around; what is very long is cut.
  package static func text(_ text: String) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      count += 1
      guard count <= 600 else { return result + "..." }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
