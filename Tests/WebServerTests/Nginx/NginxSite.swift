import Foundation
import TestSupport
import Testing

/// A real nginx with the project's own snippets, a real bearerd and a backend, in a throwaway directory.
final class NginxSite {
  let directory: Scratch
  let http: HTTP
  let nginx: Program
  var bearerd: Program
  private let backend: Backend
  private let options: [String]
  /// What the commands said beside the secrets that they made.
  private var commandErrors = ""

  var tokens: String { "\(directory.path)/tokens" }

  /// - Parameter starting: starts the daemon in another way than directly, on `socket` of the directory.
  init(
    _ options: String..., configuration: NginxConfiguration = NginxConfiguration(),
    starting: ((Scratch) throws -> Program)? = nil
  ) throws {
    directory = try Scratch()
    backend = try Backend()
    http = HTTP(port: try freePort())
    self.options = options
    try directory.write("# none yet\n")
    try directory.make("public page\n", to: "site/index.html")
    try directory.make("protected page\n", to: "site/private/page.html")
    try directory.make("protected index\n", to: "site/private/index.html")
    try directory.makeSnippets()
    try directory.make(
      configuration.text(directory: directory.path, port: http.port, backend: backend.port), to: "nginx.conf")
    bearerd = try starting?(directory) ?? NginxSite.serve(directory, options)
    nginx = try Program(NginxSite.command(in: directory))
    let http = http
    try #require(eventually { (try? http.get("/").status) == 200 }, "\(nginx.output)")
  }

  deinit { nginx.stop() }

  /// nginx with the directory's `nginx.conf`, and all it writes in the directory or on standard error.
  static func command(in directory: Scratch) -> [String] {
    [server("nginx"), "-p", directory.path, "-c", "nginx.conf", "-e", "stderr"]
  }

  /// The daemon, when it is ready.
  static func serve(_ directory: Scratch, _ options: [String] = []) throws -> Program {
    let program = try Program(
      [
        Bearerd.path, "serve", "--tokens", "\(directory.path)/tokens", "--listen",
        "unix:\(directory.path)/socket",
      ] + options)
    try #require(
      eventually { FileManager.default.fileExists(atPath: "\(directory.path)/socket") }, "\(program.output)")
    return program
  }

  /// A new token; live when this returns.
  func token(_ application: String, _ options: String...) throws -> String {
    let secret = try newToken(application, options)
    // The location /private/ has no scope; a scoped token is known there too, but denied with 403.
    let live = [200, 403]
    try #require(
      eventually { live.contains(try self.http.get("/private/page.html", token: secret).status) },
      "\(bearerd.output)\(nginx.output)")
    return secret
  }

  /// A new token, which may not be live yet.
  func newToken(_ application: String, _ options: [String]) throws -> String {
    let command = [Bearerd.path, "token", "new", application, "--tokens", tokens] + options
    let made = try Bearerd.start(command).wait()
    try #require(made.code == 0, "\(made.errors)")
    commandErrors += made.errors
    return made.line
  }

  func revoke(_ application: String) throws {
    let revoked = try Bearerd.run("token", "revoke", application, tokens: tokens)
    try #require(revoked.code == 0, "\(revoked.errors)")
    commandErrors += revoked.output + revoked.errors
  }

  /// Puts another daemon in the place of the one before.
  func restartBearerd() throws { bearerd = try NginxSite.serve(directory, options) }

  /// Everything that any of the programs wrote, and their command lines.
  var told: String {
    [bearerd, nginx].map { $0.commandLine + $0.output }.joined() + commandErrors
      + ((try? directory.read("access.log")) ?? "")
  }
}

extension Scratch {
  /// Writes a file and the directories above it.
  func make(_ text: String, to name: String) throws {
    let directory = URL(filePath: "\(path)/\(name)").deletingLastPathComponent()
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try write(text, to: name, mode: 0o644)
  }

  /// A certificate for a host, as `certificate`, and its `key`.
  func makeCertificate(for host: String) throws {
    let made = try Bearerd.start([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2",
      "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-keyout", "\(path)/key", "-out",
      "\(path)/certificate",
    ]).wait()
    try #require(made.code == 0, "\(made.errors)")
  }

  /// The project's snippets, which find bearerd at `socket` of this directory, and keep what they may in `kept`.
  func makeSnippets() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(repository)/nginx") {
      let text = try String(contentsOfFile: "\(repository)/nginx/\(name)", encoding: .utf8)
      try make(
        text.replacingOccurrences(of: "/run/bearerd/bearerd.sock", with: "\(path)/socket")
          .replacingOccurrences(of: "/run/nginx-bearerd", with: "\(path)/kept"),
        to: "snippets/\(name)")
    }
  }
}
