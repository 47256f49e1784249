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

  @Flag(
    help: "Also judge nginx's configuration, as doctor nginx does, and the location that takes this URL.")
  var nginx = false

  @Option(help: ArgumentHelp("Of a socket: the door, as the web server names it.", valueName: "scope"))
  var scope: String?

  func validate() throws {
    guard origin.map({ (try? WebURL(parsing: $0)) != nil }) != false else {
      throw ValidationError("--origin is a URL: https://HOST")
    }
    guard scope.map({ Scope($0) != nil }) != false else { throw ValidationError("a scope is \(Scope.rule)") }
    guard !isSite || scope == nil else {
      throw ValidationError("--scope is for sockets; of a site, its server says it")
    }
    guard isSite || (publicPaths.isEmpty && origin == nil && connection.connectTo == nil && !nginx) else {
      throw ValidationError("--public, --origin, --connect-to and --nginx are for sites")
    }
  }

  func perform() throws {
    guardSecrets()
    let site = try isSite ? url() : nil
    let address = try isSite ? nil : socket()
    let configuration = try nginx ? NginxDoctor.runningConfiguration() : nil
    var token = tokenStdin ? try readToken() : nil
    defer { token?.wipe() }
    if let site {
      try SiteDoctor(
        url: site, token: token, publicPaths: publicPaths, origin: origin, route: connection.route(to: site),
        configuration: configuration
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
