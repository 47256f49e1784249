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
