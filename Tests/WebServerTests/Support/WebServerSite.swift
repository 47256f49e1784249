import Foundation
import TestSupport
import Testing

/// A real web server with the project's own example for it, a page, a backend and a real bearerd, in a
/// throwaway directory.
final class WebServerSite {
  let webServer: WebServer
  let directory: Scratch
  let http: HTTP
  let tokens: KnownTokens
  private let place: WebServerPlace
  private let backend: Backend
  /// Between the web server and bearerd, where there is one.
  let recorder: Recorder?
  private(set) var server: Program
  private(set) var daemon: Program?

  /// A site whose daemon fails at a step of each exchange, as Fault.swift has it, or is another program, or is
  /// asked through a recorder.
  /// - Parameters:
  ///   - omitted: what is left out of the web server's example.
  ///   - addition: what is added to it.
  ///   - prepare: what the administrator adds to the site, whose configuration is in the directory.
  init(
    _ webServer: WebServer, fault: String? = nil, impostor: Impostor? = nil, isRecorded: Bool = false,
    omitted: String? = nil, addition: Addition? = nil, prepare: (Scratch) throws -> Void = { _ in }
  ) throws {
    self.webServer = webServer
    tokens = try KnownTokens.made.get()
    directory = try Scratch()
    backend = try Backend()
    place = WebServerPlace(
      directory: directory, port: try freePort(), daemonPort: try freePort(), backendPort: backend.port,
      omitted: omitted, addition: addition)
    http = HTTP(port: place.port)
    try directory.write(tokens.text)
    try directory.make("public page\n", to: "site/index.html")
    // Where a web server keeps what is guarded elsewhere, it takes it from there.
    try directory.make("protected page\n", to: "site/private/page.html")
    if case .kinds(let kinds) = addition { try kinds.makeFiles(in: directory) }
    recorder = isRecorded ? try Recorder(in: directory) : nil
    let export = fault.map { "export BEARERD_FAULT=\($0)\n" } ?? ""
    // Run by name of its shell: a file just written may not be run while any other thread starts a program.
    let script = impostor?.script ?? recorder?.script
    try directory.make(script ?? "\(export)exec \(Bearerd.path) \"$@\"\n", to: "bearerd")
    let command = try webServer.configure(place)
    try prepare(directory)
    daemon = try WebServerSite.serve(webServer, place)
    server = try Program(command)
    let http = http
    try #require(
      eventually { (try? http.get("/").body) == "public page\n" }, "\(told)")
    // What starts programs for Apache comes up by itself, and later.
    try #require(
      webServer.link != .program
        || eventually(seconds: 30) { (try? http.get("/private/page.html").status) == 401 }, "\(told)")
  }

  deinit {
    server.stop()
    // One that hangs would outlive the Apache that started it.
    if daemon == nil { _ = try? directory.killDaemons(SIGKILL) }
  }

  /// The daemon when it is ready; nil if the web server starts it.
  private static func serve(_ webServer: WebServer, _ place: WebServerPlace) throws -> Program? {
    let socket = "\(place.directory.path)/socket"
    let address: String
    switch webServer.link {
    case .child, .program: return nil
    case .socket: address = "unix:\(socket)"
    case .port: address = "127.0.0.1:\(place.daemonPort)"
    }
    // As the user who owns the tokens: those of another user are refused.
    let user = webServer == .apacheAuthnzFcgi ? WebServer.apacheUser : []
    let command = ["sh", "\(place.directory.path)/bearerd", "serve", "--tokens", place.directory.tokens]
    let program = try Program(user + command + ["--listen", address])
    try #require(
      eventually { program.output.contains("ready on") }, "\(program.output)")
    return program
  }

  /// Whether an answer is what lies at a guarded path.
  func isInside(_ response: HTTPResponse, _ path: String) -> Bool {
    response.status == 200 && (response.body == "protected page\n" || response.body.hasPrefix("GET \(path)"))
  }

  /// Whether anything that is protected is in an answer.
  func leaks(_ response: HTTPResponse) -> Bool {
    response.status == 200 || response.body.contains("protected") || response.body.contains("Host: ")
  }

  /// Ends the daemon, whichever program started it, and prevents a replacement.
  func stopDaemon(_ signal: Int32) throws {
    if let daemon {
      daemon.stop(signal)
      return
    }
    // Apache starts another one where one is gone, unless it cannot.
    try FileManager.default.moveItem(atPath: directory.tokens, toPath: "\(directory.path)/away")
    try directory.killDaemons(signal)
    try #require(eventually { try directory.killDaemons(0) == 0 })
  }

  func restartDaemon() throws {
    if daemon != nil {
      daemon = try WebServerSite.serve(webServer, place)
    } else {
      try FileManager.default.moveItem(atPath: "\(directory.path)/away", toPath: directory.tokens)
    }
  }

  /// What the web server's access log says, when it has been written: the server is stopped.
  func accessLog() throws -> String {
    server.stop()
    guard webServer == .haproxy else { return try directory.read("access.log") }
    // It writes no file, and logs its own question as well.
    return server.output.split(separator: "\n").filter { !$0.contains("<HTTPCLIENT>") }.joined(
      separator: "\n")
  }

  /// What the programs wrote so far.
  var told: String {
    (daemon?.output ?? "") + server.output + ((try? directory.read("error.log")) ?? "")
  }
}

extension Scratch {
  /// Sends a signal to the daemons that read this directory's tokens now, whichever program started them; how
  /// many there were.
  @discardableResult
  func killDaemons(_ signal: Int32) throws -> Int {
    let mine = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter {
      let words = (try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8)) ?? ""
      return words.contains("\0serve\0--tokens\0\(tokens)\0")
    }
    mine.forEach { kill($0, signal) }
    return mine.count
  }
}

/// Tokens that all sites share: making them takes longer than starting a site.
struct KnownTokens: CustomStringConvertible {
  /// A failed expectation prints what it compares.
  var description: String { "the tokens of the tests" }
  /// The token file.
  let text: String
  /// Valid for every scope.
  let app: String
  /// Has the scope "read", which no location requires.
  let reader: String
  /// Has the scope "write" only.
  let writer: String
  /// Counts from loopback, which everything here comes from.
  let near: String
  /// Counts from elsewhere.
  let far: String

  static let made = Result { try KnownTokens() }

  private init() throws {
    let scratch = try Scratch()
    func make(_ application: String, _ options: String...) throws -> String {
      let command = [Bearerd.path, "token", "new", application, "--tokens", scratch.tokens]
      let made = try Bearerd.start(command + options).wait()
      try #require(made.code == 0, "\(made.errors)")
      return made.line
    }
    app = try make("app")
    reader = try make("reader", "--scopes", "read")
    writer = try make("writer", "--scopes", "write")
    near = try make("near", "--from", "127.0.0.0/8")
    far = try make("far", "--from", "192.0.2.0/24")
    text = try scratch.read()
  }
}
