import Foundation
import TestSupport
import Testing

/// Backends of every protocol, all of which report what they were given: see Tests/lib/report.py.
final class BackendKinds {
  private static let protocols = ["http", "fastcgi", "scgi", "uwsgi"]
  private let ports: [UInt16]
  private var programs: [Program] = []

  init() throws {
    ports = try BackendKinds.protocols.map { _ in try freePort() }
    programs = try zip(BackendKinds.protocols, ports).map {
      try Program(["python3", "\(repository)/Tests/lib/report.py", $0, "\($1)"])
    }
    // A web server that finds no backend says 503, some of them for a second more.
    for port in ports { try #require(eventually { isListening(on: port) }, "no backend on port \(port)") }
  }

  /// The ports, by what the web servers' configurations have in their place.
  var addresses: [String: String] {
    Dictionary(
      uniqueKeysWithValues: zip(BackendKinds.protocols, ports).map { ("\($0.uppercased())_BACKEND", "\($1)") }
    )
  }

  /// A page, a directory to list, and one program under the names that tell a web server how to run it; PHP
  /// comes up beside it.
  func makeFiles(in directory: Scratch) throws {
    let report = try String(contentsOfFile: "\(repository)/Tests/lib/report.py", encoding: .utf8)
    let php = try String(contentsOfFile: "\(repository)/Tests/lib/report.php", encoding: .utf8)
    try directory.make(report, to: "report.py")
    for name in ["report.cgi", "report.fcgi", "app.wsgi"] {
      try directory.install("report.py", as: "site/private/\(name)")
    }
    for name in ["wrapped.php", "fpm.php"] { try directory.make(php, to: "site/private/\(name)") }
    try directory.make(BackendKind.longPage, to: "site/private/long.html")
    try directory.make("index\n", to: "site/private/index/index.html")
    for name in ["first.txt", "second.txt"] {
      try directory.make("listed\n", to: "site/private/list/\(name)")
    }
    for (name, path) in [("private", "site/private"), ("list", "site/private/list")] {
      try #require(chmod("\(directory.path)/\(path)", 0o755) == 0, "\(name)")
    }
    let user = geteuid() == 0 ? "www-data" : NSUserName()
    let pool = try String(contentsOfFile: "\(repository)/Tests/lib/php-fpm.conf", encoding: .utf8)
    try directory.make(
      pool.replacing("DIRECTORY", with: directory.path).replacing("USER", with: user), to: "php-fpm.conf")
    let name = try #require(
      FileManager.default.contentsOfDirectory(atPath: "/usr/sbin").first { $0.hasPrefix("php-fpm") })
    programs.append(
      try Program(["/usr/sbin/\(name)", "--nodaemonize", "--fpm-config", "\(directory.path)/php-fpm.conf"]))
    try #require(eventually { FileManager.default.fileExists(atPath: "\(directory.path)/php-fpm.sock") })
  }
}

/// What a backend of any kind was given: variables, with every character of a name that is no letter or digit
/// as `_`.
struct Report: CustomStringConvertible {
  private let text: String
  let variables: [(name: String, value: String)]

  /// Nil unless the report is whole: as long as it says itself, from the first byte to the last.
  init?(_ body: [UInt8]) {
    let text = String(decoding: body, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines[0].hasPrefix("length "), let length = Int(lines[0].dropFirst(7).filter { $0 != " " }),
      body.count == length + lines[0].utf8.count + 1, text.hasSuffix("\nend\n")
    else { return nil }
    self.text = text
    variables = lines.compactMap { line in
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
  }

  /// No output of a test is to hold a secret that a report holds.
  var description: String { "a report" }

  /// Whether `secret` stands anywhere in what the backend was given.
  func contains(_ secret: String) -> Bool { text.contains(secret) }

  /// The values of all variables whose name ends so.
  func values(_ end: String) -> [String] { variables.filter { $0.name.hasSuffix(end) }.map(\.value) }
}
