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
