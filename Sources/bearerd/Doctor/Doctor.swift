import ArgumentParser
import BearerAuth
import FastCGI
import Glibc
import ServiceManifest

/// `bearerd doctor live URL|SOCKET`, and without `live`
struct Doctor: Command {
  static let configuration = CommandConfiguration(
    commandName: "live",
    abstract: "Look at a live site as its callers do, or at a socket as its web server does.",
    discussion: """
      bearerd doctor https://api.example.com/api/ --token-stdin <app.token
      bearerd doctor unix:/run/bearerd/bearerd.sock

      The URL is one behind a door. It is asked with no token, a wrong one and, if you give one, the right one, in \
      all ways in which doors have been found open or shut by mistake; each finding comes with the line to write. \
      Exits with 0 where all is well, and 1 where not.
      """)

  @Argument(help: ArgumentHelp("A guarded URL, unix:/PATH or HOST:PORT.", valueName: "url|socket"))
  var patient: String

  @OptionGroup var surplus: ExtraArguments

  @Flag(help: "Read a token that opens this door from standard input.")
  var tokenStdin = false

  @Option(
    name: .customLong("public"),
    help: ArgumentHelp(
      "Paths of the site that everybody must get, with commas between: /.well-known/ai-plugin.json.",
      valueName: "paths"),
    transform: Doctor.paths)
  var publicPaths: [String] = []

  @Option(help: ArgumentHelp("A site whose pages in browsers must be able to call.", valueName: "url"))
  var origin: String?

  @OptionGroup var connection: ConnectOption

  @Option(help: ArgumentHelp("Of a socket: the door, as the web server names it.", valueName: "scope"))
  var scope: String?

  func validate() throws {
    guard origin.map({ (try? WebURL(parsing: $0)) != nil }) != false else {
      throw ValidationError("--origin is a URL: https://HOST")
    }
    guard scope.map({ RequiredScopes($0) != nil }) != false else {
      throw ValidationError("a scope is \(Scope.rule)")
    }
    guard !isSite || scope == nil else {
      throw ValidationError("--scope is for sockets; of a site, its server says it")
    }
    guard isSite || (publicPaths.isEmpty && origin == nil && connection.connectTo == nil) else {
      throw ValidationError("--public, --origin and --connect-to are for sites")
    }
  }

  func perform() throws {
    guardSecrets()
    let site = try isSite ? url() : nil
    let address = try isSite ? nil : socket()
    var token = tokenStdin ? try readToken() : nil
    defer { token?.wipe() }
    if let site {
      try SiteDoctor(
        url: site, token: token, publicPaths: publicPaths, origin: origin, route: connection.route(to: site)
      ).examine()
    } else if let address {
      try SocketDoctor(address: address, token: token, scope: scope).examine()
    }
  }

  private var isSite: Bool { patient.contains("://") }

  private func url() throws(Failure) -> WebURL {
    do throws(WebURL.Invalid) { return try WebURL(parsing: patient) } catch {
      throw .usage("this \(error)")
    }
  }

  private func socket() throws(Failure) -> ListenAddress {
    let address: ListenAddress
    do throws(ListenAddress.Invalid) { address = try ListenAddress(parsing: patient) } catch {
      throw .usage("\(error); a site is https://HOST/PATH")
    }
    switch address {
    case .unix, .tcp: return address
    case .descriptor, .systemd:
      throw .usage("a socket is unix:/PATH or HOST:PORT, and a site is https://HOST/PATH")
    }
  }

  private func readToken() throws(Failure) -> [UInt8] {
    let token = try SecretInput.read("a token that opens this door")
    guard Secret.isWellFormed(token.span) else {
      throw .usage(
        "`Authorization: Bearer` cannot carry the token of standard input: write letters, digits and -._~+/ with = only "
          + "at its end")
    }
    return token
  }

  private static func paths(_ text: String) throws -> [String] {
    try text.split(separator: ",").map { path in
      guard (try? WebURL(parsing: "http://localhost\(path)")) != nil, path.hasPrefix("/") else {
        throw ValidationError("a path begins with a slash: /.well-known/ai-plugin.json")
      }
      return String(path)
    }
  }
}

/// What the doctor sees, said as it goes; and what to write where something is wrong.
struct Diagnosis {
  private var wrongs = 0

  init(of patient: String) throws(Failure) {
    try Console.print(patient.printable)
  }

  /// As it must be.
  func ok(_ text: String) throws(Failure) { try line("ok", text) }

  /// Neither right nor wrong by itself.
  func note(_ text: String) throws(Failure) { try line("note", text) }

  /// Not as it must be.
  /// - Parameters:
  ///   - text: what was seen.
  ///   - meaning: what it means.
  ///   - remedy: what to write into which file.
  mutating func wrong(_ text: String, _ meaning: String, _ remedy: [String] = []) throws(Failure) {
    wrongs += 1
    try line("wrong", text)
    try line("", meaning)
    for fix in remedy { try line("", "-> \(fix)") }
  }

  /// Says how it went.
  func finish() throws {
    guard wrongs == 0 else {
      try Console.print(wrongs == 1 ? "1 finding" : "\(wrongs) findings")
      throw ExitCode.failure
    }
    try Console.print("All is well.")
  }

  private func line(_ word: String, _ text: String) throws(Failure) {
    let padding = String(repeating: " ", count: 7 - word.count)
    try Console.print("  \(word)\(padding)\(text.printable)")
  }
}

/// The web server in front of a site, by its own word.
enum WebServerName: String, CaseIterable {
  case nginx, apache, lighttpd, caddy, haproxy

  /// Nil where the Server header names none, or is hidden.
  init?(server: String?) {
    let name = server?.lowercased() ?? ""
    guard let front = WebServerName.allCases.first(where: { name.contains($0.rawValue) }) else { return nil }
    self = front
  }
}

/// What to write, for the front that is there, or for each where nobody knows which that is.
enum Remedy {
  case guardLocation
  case challenge
  case passAuthorization
  case allowPublic(path: String)

  func lines(for front: WebServerName?) -> [String] {
    guard let front else {
      return WebServerName.allCases.flatMap { front in lines(of: front).map { "\(front.rawValue): \($0)" } }
    }
    return lines(of: front)
  }

  private func lines(of front: WebServerName) -> [String] {
    switch (self, front) {
    case (.guardLocation, .nginx): ["in the location: include snippets/bearerd-guard.conf;"]
    case (.guardLocation, .apache):
      [
        "in the Location: FcgidAccessChecker \"/usr/local/bin/bearerd serve --tokens /etc/bearerd/tokens --workers 1\"",
        "in the Location: FcgidAccessCheckerAuthoritative On",
      ]
    case (.guardLocation, .lighttpd): ["in fastcgi.server: \"/PATH/\" => bearerd,"]
    case (.guardLocation, .caddy): ["first in the route: import bearerd \"\""]
    case (.guardLocation, .haproxy): ["in the frontend: http-request lua.bearerd unless public"]
    case (.challenge, .nginx):
      [
        "in the server: include snippets/bearerd-denied.conf;",
        "in the location: include snippets/bearerd-guard.conf; and no error_page 401 of your own",
      ]
    case (.challenge, .apache): ["no ErrorDocument 401 that is a URL"]
    case (.challenge, .haproxy):
      ["in the frontend, behind return status 401: hdr WWW-Authenticate \"%[var(txn.bearerd_challenge)]\""]
    case (.challenge, .lighttpd), (.challenge, .caddy): ["no error page of your own for 401"]
    case (.passAuthorization, .nginx):
      [
        "in location = /_bearerd: fastcgi_param HTTP_AUTHORIZATION $bearerd_authorization; as in bearerd-auth.conf",
        "in a proxy before it: proxy_set_header Authorization $http_authorization;",
      ]
    case (.passAuthorization, .apache):
      ["in the Location: CGIPassAuth On"]
    case (.passAuthorization, .lighttpd): ["no setenv.set-request-header for Authorization"]
    case (.passAuthorization, .caddy): ["no request_header -Authorization before: import bearerd \"\""]
    case (.passAuthorization, .haproxy): ["in the fcgi-app: pass-header authorization"]
    case (.allowPublic(let path), .nginx): ["in the server: location = \(path) { auth_request off; }"]
    case (.allowPublic(let path), .apache): ["guard a Location that does not hold \(path)"]
    case (.allowPublic(let path), .lighttpd): ["guard a path in fastcgi.server that does not hold \(path)"]
    case (.allowPublic(let path), .caddy): ["before the guarded routes: route \(path) { file_server }"]
    case (.allowPublic(let path), .haproxy): ["in the acl public: \(path)"]
    }
  }
}
