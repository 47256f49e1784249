import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import NginxConfiguration

/// `bearerd doctor nginx [FILE|-]`
struct NginxDoctor: Command {
  static let configuration = CommandConfiguration(
    commandName: "nginx",
    abstract: "Find what leads around the guard in nginx's configuration.",
    discussion: """
      bearerd doctor nginx
      nginx -T | bearerd doctor nginx -

      Without a file it runs `nginx -T`. Each finding has a file and a line, what a client sends, what comes of it, and \
      the line to write; bearerd-doctor-nginx(7) describes them. A comment `# bearerd: allow NAME` on the line, or above \
      it, silences one. Exits with 0 if there is no error, 1 if something is open or leaks, 65 if the text is not a \
      configuration of nginx.
      """)

  @Argument(
    help: ArgumentHelp("What nginx -T printed, or a file of nginx; - is standard input.", valueName: "file"),
    completion: .file())
  var file: String?

  @OptionGroup var surplus: ExtraArguments

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() throws {
    let (bytes, name) = try input()
    let examination: Examination
    do throws(ConfigurationError) {
      examination = Examination(of: try ConfigurationText(parsing: bytes, name: name))
    } catch {
      Console.note(error.description.shortened(to: 600).printable)
      throw ExitCode(EX_DATAERR)
    }
    if json { try Console.print(object(examination).description) } else { try list(examination) }
    if examination.hasErrors { throw ExitCode.failure }
  }

  private func input() throws(Failure) -> (bytes: [UInt8], name: String) {
    guard let file else { return (try NginxDoctor.dump(), "nginx -T") }
    guard file != "-" else { return (try read(STDIN_FILENO, "standard input"), "standard input") }
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(
        "cannot read \(file.shortened(to: 600).printable): \(String(cString: strerror(errno)))",
        code: EX_IOERR)
    }
    defer { close(descriptor) }
    return (try read(descriptor, file), file)
  }

  /// What `nginx -T` prints. It needs the rights of whoever starts nginx: it reads keys and logs as well.
  private static func dump() throws(Failure) -> [UInt8] {
    let outcome = try ChildProcess.run(
      ["nginx", "-T"], environment: ["LC_ALL=C"], input: [], limit: ConfigurationText.maximumLength)
    guard !outcome.isCut else { throw tooLong("what nginx -T prints") }
    guard outcome.code == 0 else {
      let said = String(decoding: outcome.errors, as: UTF8.self).split(separator: "\n").map {
        String($0).shortened(to: 600).printable
      }
      throw Failure(
        "nginx -T failed; run this as root, or give it the text: nginx -T | bearerd doctor nginx -\n"
          + said.joined(separator: "\n"), code: EX_UNAVAILABLE)
    }
    return outcome.output
  }

  private func read(_ descriptor: Int32, _ name: String) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes += chunk[..<count]
        guard bytes.count <= ConfigurationText.maximumLength else { throw NginxDoctor.tooLong(name) }
      } else if count == 0 {
        return bytes
      } else if errno != EINTR {
        throw Failure(
          "cannot read \(name.shortened(to: 600).printable): \(String(cString: strerror(errno)))",
          code: EX_IOERR)
      }
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
      try Console.print("There are more findings; these are the first \(examination.findings.count).")
    }
    try Console.print(
      "\(counted(examination.guardedCount, "guarded location")): \(counted(errors, "error")), \(counted(warnings, "warning"))"
    )
  }

  private func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

  /// The field names are a promise.
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
