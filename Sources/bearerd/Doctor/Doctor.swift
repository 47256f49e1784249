import ArgumentParser
import BearerAuth
import FastCGI
import Glibc
import ServiceManifest

/// `bearerd doctor live URL|SOCKET`, and without `live`
struct Doctor: Command {
  static let configuration = CommandConfiguration(
    commandName: "live",
    abstract: "Check a live site as its clients see it, or a socket as its web server uses it.",
    discussion: """
      bearerd doctor https://api.example.com/api/ --token-stdin <app.token
      bearerd doctor unix:/run/bearerd/bearerd.sock

      The URL is in a protected location. It is requested without a token, with a wrong one and, if you give one, \
      with the right one, for every misconfiguration we know of. Each finding has the line to write. Exits 0 if \
      nothing is found, 1 otherwise.
      """)

  @Argument(help: ArgumentHelp("A protected URL, unix:/PATH or HOST:PORT.", valueName: "url|socket"))
  var subject: String

  @OptionGroup var surplus: ExtraArguments

  @Flag(help: "Read a token that is valid for this URL from standard input.")
  var tokenStdin = false

  @Option(
    name: .customLong("public"),
    help: ArgumentHelp(
      "Comma-separated public paths of the site: /.well-known/ai-plugin.json.",
      valueName: "paths"),
    transform: Doctor.paths)
  var publicPaths: [String] = []

  @Option(
    help: ArgumentHelp("An origin whose pages must be able to call the API from a browser.", valueName: "url")
  )
  var origin: String?

  @OptionGroup var connection: ConnectOption

  @Flag(
    help: "Also check nginx's configuration like doctor nginx, and the location that matches this URL.")
  var nginx = false

  @Option(help: ArgumentHelp("For a socket: the required scope.", valueName: "scope"))
  var scope: String?

  func validate() throws {
    guard origin.map({ (try? WebURL(parsing: $0)) != nil }) != false else {
      throw ValidationError("--origin must be a URL: https://HOST")
    }
    guard scope.map({ Scope($0) != nil }) != false else {
      throw ValidationError("a scope must be \(Scope.rule)")
    }
    guard scope.map({ RequiredScopes($0) != nil }) != false else {
      throw ValidationError("a scope must be \(Scope.rule)")
    }
    guard !isSite || scope == nil else {
      throw ValidationError("--scope is for sockets; for a site, its web server sets the scope")
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

  private var isSite: Bool { subject.contains("://") }

  private func url() throws(Failure) -> WebURL {
    do throws(WebURL.Invalid) { return try WebURL(parsing: subject) } catch {
      throw .usage("this \(error)")
    }
  }

  private func socket() throws(Failure) -> ListenAddress {
    let address: ListenAddress
    do throws(ListenAddress.Invalid) { address = try ListenAddress(parsing: subject) } catch {
      throw .usage("\(error); for a site use https://HOST/PATH")
    }
    switch address {
    case .unix, .tcp: return address
    case .descriptor, .systemd:
      throw .usage("use unix:/PATH or HOST:PORT for a socket, https://HOST/PATH for a site")
    }
  }

  private func readToken() throws(Failure) -> [UInt8] {
    let token = try SecretInput.read("a token that is valid for this URL")
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
        throw ValidationError("a path must begin with a slash: /.well-known/ai-plugin.json")
      }
      return String(path)
    }
  }
}

/// Prints what the doctor finds, and the fix for each finding.
struct Diagnosis {
  private var wrongs = 0

  init(of subject: String) throws(Failure) {
    try Console.print(subject.printable)
  }

  /// As expected.
  func ok(_ text: String) throws(Failure) { try line("ok", text) }

  /// Information only.
  func note(_ text: String) throws(Failure) { try line("note", text) }

  /// A finding.
  /// - Parameters:
  ///   - text: the observation.
  ///   - meaning: its cause or effect.
  ///   - remedy: the lines to write.
  mutating func wrong(_ text: String, _ meaning: String, _ remedy: [String] = []) throws(Failure) {
    wrongs += 1
    try line("wrong", text)
    try line("", meaning)
    for fix in remedy { try line("", "-> \(fix)") }
  }

  /// Prints the result.
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
