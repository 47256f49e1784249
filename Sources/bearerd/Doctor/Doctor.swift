import ArgumentParser
import BearerAuth
import FastCGI
import Glibc
import ServiceManifest

/// `bearerd doctor live URL|SOCKET`, and without `live`
struct Doctor: Command {
  static let configuration = CommandConfiguration(
    commandName: "live",
    abstract: "Check a live site as its clients use it, or a socket as its web server uses it.",
    discussion: """
      bearerd doctor https://api.example.com/api/ --token-stdin <app.token
      bearerd doctor unix:/run/bearerd/bearerd.sock

      Give the URL of a protected location. The doctor sends requests without a token, with a wrong one and, if you \
      give one, with the right one, and tries every misconfiguration that we know of. Each finding comes with the line \
      to write. Exits with 0 if there is none, else with 1.
      """)

  @Argument(help: ArgumentHelp("A guarded URL, unix:/PATH or HOST:PORT.", valueName: "url|socket"))
  var target: String

  @OptionGroup var surplus: ExtraArguments

  @Flag(help: "Read a valid token for this location from standard input.")
  var tokenStdin = false

  @Option(
    name: .customLong("public"),
    help: ArgumentHelp(
      "Public paths of the site, separated by commas: /.well-known/ai-plugin.json.",
      valueName: "paths"),
    transform: Doctor.paths)
  var publicPaths: [String] = []

  @Option(help: ArgumentHelp("A site whose pages must be able to call from browsers.", valueName: "url"))
  var origin: String?

  @OptionGroup var connection: ConnectOption

  @Flag(
    help: "Also judge nginx's configuration, as doctor nginx does, and the location that takes this URL.")
  var nginx = false

  @Option(help: ArgumentHelp("Of a socket: the scope that the request requires.", valueName: "scope"))
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

  private var isSite: Bool { target.contains("://") }

  private func url() throws(Failure) -> WebURL {
    do throws(WebURL.Invalid) { return try WebURL(parsing: target) } catch {
      throw .usage("this \(error)")
    }
  }

  private func socket() throws(Failure) -> ListenAddress {
    let address: ListenAddress
    do throws(ListenAddress.Invalid) { address = try ListenAddress(parsing: target) } catch {
      throw .usage("\(error); a site is https://HOST/PATH")
    }
    switch address {
    case .unix, .tcp: return address
    case .descriptor, .systemd:
      throw .usage("a socket is unix:/PATH or HOST:PORT, and a site is https://HOST/PATH")
    }
  }

  private func readToken() throws(Failure) -> [UInt8] {
    let token = try SecretInput.read("a valid token for this location")
    guard Secret.isWellFormed(token.span) else {
      throw .usage("standard input is not a token: letters, digits and -._~+/ with = only at its end")
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

/// The doctor's findings, printed as they are made, each with the lines to write.
struct Diagnosis {
  private var wrongs = 0

  init(of target: String) throws(Failure) {
    try Console.print(target.printable)
  }

  /// As it should be.
  func ok(_ text: String) throws(Failure) { try line("ok", text) }

  /// Neither right nor wrong by itself.
  func note(_ text: String) throws(Failure) { try line("note", text) }

  /// A finding.
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
