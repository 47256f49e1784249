import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import NginxConfiguration

/// `bearerd doctor nginx [FILE|-]`
struct NginxDoctor: Command {
  static let configuration = CommandConfiguration(
    commandName: "nginx",
    abstract: "Find what bypasses the guard in nginx's configuration.",
    discussion: """
      bearerd doctor nginx
      nginx -T | bearerd doctor nginx -

      Without a file it runs `nginx -T`. Each finding has a file and a line, the request of an attacker, its result, \
      and the line to write; bearerd-doctor-nginx(7) describes them. A comment `# bearerd: allow NAME` on the line, or \
      above it, suppresses one. Exits 0 if there is no error, 1 if a check is bypassed or a secret leaks, 65 if the \
      text is not a configuration of nginx.
      """)

  @Argument(
    help: ArgumentHelp("The output of nginx -T, or a file of nginx; - is standard input.", valueName: "file"),
    completion: .file())
  var file: String?

  @OptionGroup var surplus: ExtraArguments

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() throws {
    let examination = Examination(of: try configuration())
    if json { try Console.print(object(examination).description) } else { try list(examination) }
    if examination.hasErrors { throw ExitCode.failure }
  }

  /// The output of `nginx -T`, which needs the same rights as starting nginx: it also reads keys and logs.
  static func runningConfiguration() throws -> ConfigurationText {
    let outcome = try ChildProcess.run(
      ["nginx", "-T"], environment: ["LC_ALL=C"], input: [], limit: ConfigurationText.maximumLength)
    guard !outcome.isCut else { throw tooLong("the output of nginx -T") }
    guard outcome.code == 0 else {
      let said = String(decoding: outcome.errors, as: UTF8.self).split(separator: "\n").map {
        String($0).shortened(to: 600).printable
      }
      throw Failure(
        "nginx -T failed; run this as root, or pass its output: nginx -T | bearerd doctor nginx -\n"
          + said.joined(separator: "\n"), code: EX_UNAVAILABLE)
    }
    return try parsed(outcome.output, "nginx -T")
  }

  private func configuration() throws -> ConfigurationText {
    guard let file else { return try NginxDoctor.runningConfiguration() }
    let name = file == "-" ? "standard input" : file
    let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
    defer { if descriptor > STDERR_FILENO { close(descriptor) } }
    guard descriptor >= 0,
      let (bytes, isCut) = ChildProcess.read(descriptor, limit: ConfigurationText.maximumLength)
    else {
      throw Failure(
        "cannot read \(name.shortened(to: 600).printable): \(String(cString: strerror(errno)))",
        code: EX_IOERR)
    }
    guard !isCut else { throw NginxDoctor.tooLong(name) }
    return try NginxDoctor.parsed(bytes, name)
  }

  private static func parsed(_ bytes: [UInt8], _ name: String) throws -> ConfigurationText {
    do throws(ConfigurationError) {
      return try ConfigurationText(parsing: bytes, name: name)
    } catch {
      Console.note(error.description.shortened(to: 600).printable)
      throw ExitCode(EX_DATAERR)
    }
  }

  private static func tooLong(_ name: String) -> Failure {
    Failure(
      "\(name.shortened(to: 600).printable) has more than \(ConfigurationText.maximumLength >> 20) MiB: not a configuration that nginx reads",
      code: EX_DATAERR)
  }

  private func list(_ examination: Examination) throws(Failure) {
    for finding in examination.findings { try Console.print(finding.description) }
    for finding in examination.allowed {
      try Console.print("\(finding.file):\(finding.line): allowed: \(finding.name.rawValue)")
    }
    let errors = examination.findings.count { $0.severity == .error }
    let warnings = examination.findings.count - errors
    if examination.isCut {
      try Console.print("There are more findings; only the first \(examination.findings.count).")
    }
    try Console.print(
      "\(counted(examination.guardedCount, "guarded location")): \(counted(errors, "error")), \(counted(warnings, "warning"))"
    )
  }

  private func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

  /// The field names are stable.
  private func object(_ examination: Examination) -> JSON {
    func entry(_ finding: NginxFinding) -> JSON {
      .object([
        "name": .string(finding.name.rawValue), "severity": .string(finding.severity.rawValue),
        "file": .string(finding.file), "line": .number(finding.line), "problem": .string(finding.problem),
        "sends": finding.sends.map { .string($0) } ?? .null,
        "gets": finding.gets.map { .string($0) } ?? .null,
        "write": .string(finding.fix),
      ])
    }
    return .object([
      "guarded": .number(examination.guardedCount), "findings": .list(examination.findings.map(entry)),
      "allowed": .list(examination.allowed.map(entry)), "complete": .boolean(!examination.isCut),
    ])
  }
}

extension SiteDoctor {
  /// Checks the location of this URL in nginx's configuration, and the whole configuration.
  func judgeConfiguration(_ diagnosis: inout Diagnosis) throws {
    guard let configuration else {
      return try diagnosis.note(
        "bypasses by error pages, subrequests and other sites with the same files or backend, and leaks to backends "
          + "and logs, are visible in the configuration only; for nginx: bearerd doctor nginx, or --nginx here"
      )
    }
    let port = route?.port ?? url.port ?? (url.isSecure ? 443 : 80)
    let located = LocatedRequest(host: url.host, port: port, path: url.path, in: configuration)
    if let located {
      let text = "nginx: \(located.title) (\(located.place)) matches this URL"
      switch located.access {
      case .guarded where located.isCertain: try diagnosis.ok("\(text), and is guarded")
      case .open where located.isCertain:
        try diagnosis.wrong("\(text)", "it has no check", Remedy.guardLocation.lines(for: .nginx))
      case .guarded, .open: try diagnosis.note("\(text), unless a regular expression before it matches")
      case .decidedElsewhere: try diagnosis.note("\(text); another check decides there, not bearerd")
      }
    } else {
      try diagnosis.note("nginx: no server in the configuration has this name and listens on port \(port)")
    }
    for finding in Examination(of: configuration).findings {
      let text = "\(finding.file):\(finding.line): \(finding.name.rawValue): \(finding.problem)"
      switch finding.severity {
      case .error:
        let exchange = [finding.sends.map { "sends: \($0)" }, finding.gets.map { "gets: \($0)" }]
        try diagnosis.wrong(text, exchange.compactMap(\.self).joined(separator: "; "), [finding.fix])
      case .warning: try diagnosis.note("\(text); write: \(finding.fix)")
      }
    }
  }
}
