import ArgumentParser
import BearerAuth
import BearerdService
import FastCGI
import Glibc
import Logging

/// `bearerd serve`: the daemon.
struct Serve: Command {
  static let configuration = CommandConfiguration(
    abstract: "Answer a web server's questions over FastCGI.",
    discussion: """
      SIGHUP reads the tokens again; a change of the file does so by itself. SIGTERM, SIGINT and SIGUSR1 stop it \
      once everything accepted is answered.
      """)

  @OptionGroup var source: TokensOption
  @OptionGroup(title: "Socket") var socket: SocketOptions
  @OptionGroup(title: "Answers") var answers: AnswerFlags

  @Option(help: ArgumentHelp("Event loops, each a thread.", valueName: "n"))
  var workers = 1

  @Option(
    help: ArgumentHelp(
      "How long a peer may send nothing, and then take to send a request.", valueName: "seconds"))
  var timeout = 10

  @Option(help: ArgumentHelp("Connections that may wait at once; the oldest gives way.", valueName: "n"))
  var maxConnections = 16_384

  @Option(
    help: ArgumentHelp(
      "Memory for requests that have not arrived in full, in MiB; the oldest is closed first.",
      valueName: "mib"))
  var requestMemory = 32

  @Flag(help: "Let a crash leave a core file and a debugger look in; both show secrets.")
  var allowCoreDumps = false

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = Logger.Level.info

  @Option(help: "text or json; under systemd, text becomes the journal's own form.")
  var logFormat = LogFormat.text

  func validate() throws {
    guard (1...1024).contains(workers) else { throw ValidationError("--workers is 1 to 1024") }
    guard (1...3600).contains(timeout) else { throw ValidationError("--timeout is 1 to 3600 seconds") }
    guard maxConnections > 0 else { throw ValidationError("--max-connections is at least 1") }
    guard (1...65_536).contains(requestMemory) else {
      throw ValidationError("--request-memory is 1 to 65536 MiB")
    }
  }

  func perform() throws {
    let handler = StderrLogHandler(level: logLevel, format: logFormat)
    var daemon = Daemon(
      source: TokenSource(path: source.tokens, owners: .refused),
      listen: try socket.plan(), answers: try answers.options(),
      workers: workers, timeout: timeout, maximumConnections: maxConnections)
    daemon.requestMemory = requestMemory << 20
    daemon.allowedPeers = socket.allowPeer
    daemon.allowsCoreDumps = allowCoreDumps
    do {
      try daemon.run(logger: Logger(label: "bearerd") { _ in handler })
    } catch let error as SystemError {
      throw Failure(error.description, code: EX_UNAVAILABLE)
    } catch let error as LibFCGIUnavailable {
      throw Failure(error.description, code: EX_UNAVAILABLE)
    } catch let error as ListenPlan.Unavailable {
      throw Failure(error.description, code: EX_UNAVAILABLE)
    }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {
  /// `journal` is not asked for but found out.
  public init?(argument: String) {
    guard let format = LogFormat(rawValue: argument), format != .journal else { return nil }
    self = format
  }

  /// What the help names.
  public static var allValueStrings: [String] { ["text", "json"] }
}
