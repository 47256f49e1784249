import Foundation
import TestSupport

/// The web servers that are tested, each with the project's own example for it.
enum WebServer: String, CaseIterable, CustomStringConvertible {
  case nginx = "nginx auth_request"
  case apacheFcgid = "Apache mod_fcgid"
  case apacheAuthnzFcgi = "Apache mod_authnz_fcgi"
  case lighttpd = "lighttpd authorizer"
  case caddy = "Caddy reverse_proxy"
  case haproxy = "HAProxy with Lua"
  case apacheCGI = "Apache CGI, .htaccess only"

  var description: String { rawValue }

  /// The directory of its example.
  var example: String {
    switch self {
    case .nginx: "quickstart"
    case .apacheFcgid: "apache-fcgid"
    case .apacheAuthnzFcgi: "apache-authnz-fcgi"
    case .lighttpd: "lighttpd-authorizer"
    case .caddy: "caddy"
    case .haproxy: "haproxy"
    case .apacheCGI: "apache-cgi"
    }
  }

  /// How a web server and bearerd find each other.
  enum Link {
    /// A unix socket, `socket` in the site's directory.
    case socket
    /// A TCP port of loopback.
    case port
    /// The web server starts bearerd, with the listening socket as its standard input.
    case child
    /// The web server starts bearerd for each request.
    case program
  }

  var link: Link {
    switch self {
    case .nginx, .lighttpd, .caddy: .socket
    case .apacheAuthnzFcgi, .haproxy: .port
    case .apacheFcgid: .child
    case .apacheCGI: .program
    }
  }

  /// Those that ask over FastCGI.
  static let asking = allCases.filter { $0.link != .program }

  /// Whether it asks about requests that are for a backend, too. A CGI program can only hand files over.
  var guardsBackends: Bool { self != .apacheCGI }

  /// A location without a scope: a page and, where it can be, a backend.
  var guarded: [String] { guardsBackends ? ["/private/page.html", "/api/x"] : ["/private/page.html"] }

  /// A location with the scope "write".
  var write: String { guardsBackends ? "/api/write/x" : "/private/write/page.html" }

  /// What a client is told if its token lacks the required scope. mod_fcgid knows no other rejection than 401.
  var statusWithoutScope: Int { self == .apacheFcgid ? 401 : 403 }

  /// What a client is told who sends two Authorization headers: nginx refuses them itself, the others join them.
  var statusOfTwoHeaders: Int { self == .nginx ? 400 : 401 }

  /// What a client with the right token is told while there is no daemon.
  var statusWithoutDaemon: Int {
    switch self {
    case .apacheFcgid, .apacheAuthnzFcgi, .apacheCGI: 500
    case .nginx, .lighttpd, .haproxy: 503
    case .caddy: 502
    }
  }

  /// Whether it allows every request on such a response: why bearerd gives a whole one or none.
  func opens(to impostor: Impostor) -> Bool {
    switch impostor {
    case .allows, .omitsStatus: true
    case .closes: false
    // The example wants a user's name, which is not in there.
    case .omitsHeaders: self != .apacheAuthnzFcgi
    case .saysNothing, .isOverloaded, .complains, .cutsHeaders: self == .lighttpd
    }
  }

  /// Writes the web server's configuration, with its example in it; the command that serves until it is stopped.
  func configure(_ place: WebServerPlace) throws -> [String] {
    switch self {
    case .nginx: try configureNginx(place)
    case .apacheFcgid: try configureApache(place, module: "fcgid")
    case .apacheAuthnzFcgi: try configureApache(place, module: "authnz_fcgi")
    case .lighttpd: try configureLighttpd(place)
    case .caddy: try configureCaddy(place)
    case .haproxy: try configureHAProxy(place)
    case .apacheCGI: try configureApacheCGI(place)
    }
  }
}

/// What a test adds to an example's site.
enum Addition {
  /// The example's backend again, public, at `/public/`.
  case publicBackend
  /// Every kind of backend that the web server has, in the guarded directory.
  case kinds(BackendKinds)
  /// The same site over TLS, at a port of its own.
  case tls(port: UInt16)
}

/// Where a web server runs.
struct WebServerPlace {
  let directory: Scratch
  let port: UInt16
  /// Where bearerd listens, for a web server that connects by TCP.
  let daemonPort: UInt16
  let backendPort: UInt16
  /// What an administrator forgot to copy.
  var omitted: String?
  /// What stands behind the web server beside what the example has.
  var addition: Addition?

  /// The project's example, but for the addresses and paths that this machine lends it. Each must be in there.
  func example(_ name: String, _ changes: [(old: String, new: String)]) throws -> String {
    try adapted("examples/\(name)", changes).replacingOccurrences(of: omitted ?? "\0", with: "")
  }

  /// What the examples share for the server around them, with this directory and port in it.
  func surroundings(_ name: String, _ changes: [(old: String, new: String)] = []) throws -> String {
    try adapted("Tests/lib/\(name)", [("PORT", "\(port)")] + changes)
      .replacingOccurrences(of: "DIRECTORY", with: directory.path)
  }

  /// What the tests add to an example's site: every kind of backend that its web server has.
  func backends(_ name: String, of kinds: BackendKinds) throws -> String {
    let text = try adapted("Tests/lib/\(name)", [("DIRECTORY", directory.path)])
    return kinds.addresses.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
  }

  private func adapted(_ name: String, _ changes: [(old: String, new: String)]) throws -> String {
    let text = try String(contentsOfFile: "\(repository)/\(name)", encoding: .utf8)
    return try changes.reduce(text) { text, change in
      guard text.contains(change.old) else { throw MissingText(text: change.old, file: name) }
      return text.replacingOccurrences(of: change.old, with: change.new)
    }
  }

  private struct MissingText: Error {
    var text: String
    var file: String
  }
}

/// The path of a server: the first in PATH, so that another version can be tested, then where Debian keeps servers, out
/// of a plain user's PATH.
func server(_ name: String) -> String {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
  let candidates = (path.split(separator: ":") + ["/usr/sbin", "/sbin"]).map { "\($0)/\(name)" }
  return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? name
}
