import ArgumentParser
import BearerAuth
import BearerdService
import FastCGI
import Glibc
import Logging

/// `bearerd serve`: the daemon.
struct Serve: Command {
  static let configuration = CommandConfiguration(
    abstract: "Answer auth requests of a web server over FastCGI.",
    discussion: """
      SIGHUP reloads the tokens; a change of the file does so by itself. SIGTERM, SIGINT and SIGUSR1 stop the daemon \
      after all accepted requests are answered.
      """)

  @OptionGroup var source: TokensOption
  @OptionGroup(title: "Socket") var socket: SocketOptions
  @OptionGroup(title: "Answers") var answers: AnswerFlags

  @Option(help: ArgumentHelp("Event loops, each a thread.", valueName: "n"))
  var workers = 1

  @Option(
    help: ArgumentHelp(
      "How long a peer may send nothing, and then how long it may take for a request.", valueName: "seconds"))
  var timeout = 10

  @Option(
    help: ArgumentHelp("Maximum number of waiting connections; the oldest is closed first.", valueName: "n"))
  var maxConnections = 16_384

  @Option(
    help: ArgumentHelp(
      "Memory for incomplete requests, in MiB; the oldest is closed first.",
      valueName: "mib"))
  var requestMemory = 32

  @Flag(help: "Allow core files and debuggers; both reveal secrets.")
  var allowCoreDumps = false

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = Logger.Level.info

  @Option(help: "text or json; under systemd, text is in the journal's format.")
  var logFormat = LogFormat.text

  func validate() throws {
    guard (1...1024).contains(workers) else { throw ValidationError("--workers must be 1 to 1024") }
    guard (1...3600).contains(timeout) else { throw ValidationError("--timeout must be 1 to 3600 seconds") }
    guard maxConnections > 0 else { throw ValidationError("--max-connections must be at least 1") }
    guard (1...65_536).contains(requestMemory) else {
      throw ValidationError("--request-memory must be 1 to 65536 MiB")
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
  /// `journal` is detected and cannot be given.
  package init?(argument: String) {
    guard let format = LogFormat(rawValue: argument), format != .journal else { return nil }
    self = format
  }

  /// The values in the help.
  package static var allValueStrings: [String] { ["text", "json"] }
}

/// The options for the socket of `serve`.
struct SocketOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "unix:/PATH, HOST:PORT, [IPV6]:PORT, fd:N, systemd or systemd:NAME. "
        + "(default: a socket inherited from systemd or spawn-fcgi)",
      valueName: "address"))
  var listen: String?

  @Option(help: ArgumentHelp("The mode of a unix socket's file, in octal.", valueName: "mode"))
  var socketMode = "0660"

  @Option(
    help: ArgumentHelp(
      "The owner of a unix socket's file. (default: the current user)", valueName: "user:group"))
  var socketOwner: String?

  @Option(
    help: ArgumentHelp(
      "Comma-separated addresses or blocks that may connect over TCP; other connections are closed unread. "
        + "(default: all addresses)",
      valueName: "blocks"),
    transform: AddressBlock.list)
  var allowPeer: [AddressBlock]?

  func validate() throws {
    if let listen {
      let address: ListenAddress
      do { address = try ListenAddress(parsing: listen) } catch {
        throw ValidationError("--listen: \(error)")
      }
      if case .unix = address, allowPeer != nil {
        throw ValidationError(
          "--allow-peer is for TCP; use --socket-owner and --socket-mode for a unix socket")
      }
    }
    guard let mode = UInt32(socketMode, radix: 8), mode <= 0o777 else {
      throw ValidationError("--socket-mode must be octal, as in 0660")
    }
  }

  func plan() throws -> ListenPlan {
    ListenPlan(
      address: try listen.map { try ListenAddress(parsing: $0) },
      socketMode: UInt32(socketMode, radix: 8) ?? 0o600,
      socketOwner: try socketOwner.map(SocketOptions.owner))
  }

  /// `www-data:www-data`, `www-data` for its own group, `:www-data` for the group only, or ids.
  private static func owner(_ text: String) throws(Failure) -> Owner {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    // chown(2) ignores -1.
    var owner = Owner(user: .max, group: .max)
    if !parts[0].isEmpty {
      guard let entry = getpwnam(parts[0]) else {
        guard let number = uid_t(parts[0]) else {
          throw .usage("--socket-owner: there is no user \(parts[0])")
        }
        owner.user = number
        return try group(parts.dropFirst().first, of: owner)
      }
      owner = Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    }
    return try group(parts.dropFirst().first, of: owner)
  }

  private static func group(_ name: String?, of owner: Owner) throws(Failure) -> Owner {
    guard let name, !name.isEmpty else { return owner }
    var owner = owner
    if let entry = getgrnam(name) {
      owner.group = entry.pointee.gr_gid
    } else if let number = gid_t(name) {
      owner.group = number
    } else {
      throw .usage("--socket-owner: there is no group \(name)")
    }
    return owner
  }
}

/// The options for the responses of `serve` and `cgi`.
struct AnswerFlags: ParsableArguments {
  @Option(help: ArgumentHelp("The realm in the challenge.", valueName: "text"))
  var realm = "bearerd"

  @Option(
    help: ArgumentHelp(
      "The URL of the protected resource's metadata, for the challenge (RFC 9728).", valueName: "url"))
  var resourceMetadata: String?

  @Flag(help: "Allow CORS preflights without a token.")
  var allowPreflight = false

  @Option(
    help: ArgumentHelp(
      "How long nginx may cache an allowed response, also of a token revoked meanwhile; 0: not at all.",
      valueName: "seconds"))
  var cacheTtl = 0

  @Flag(help: "Read REDIRECT_HTTP_AUTHORIZATION if HTTP_AUTHORIZATION is missing (Apache rewrites).")
  var acceptRedirectedAuthorization = false

  func validate() throws {
    guard (0...3600).contains(cacheTtl) else {
      throw ValidationError("--cache-ttl must be 0 to 3600 seconds")
    }
    do {
      _ = try challenge()
    } catch {
      throw ValidationError(error.description)
    }
  }

  func options() throws -> AnswerOptions {
    AnswerOptions(
      challenge: try challenge(), allowsPreflight: allowPreflight, cacheTTL: cacheTtl,
      acceptsRedirectedAuthorization: acceptRedirectedAuthorization)
  }

  private func challenge() throws(Challenge.Invalid) -> Challenge {
    try Challenge(realm: realm, resourceMetadata: resourceMetadata)
  }
}
