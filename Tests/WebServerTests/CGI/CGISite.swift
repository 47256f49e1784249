import Foundation
import TestSupport
import Testing

/// The ways in which web servers start a CGI program.
enum CGIServer: String, CaseIterable, CustomStringConvertible {
  case modCGI = "Apache mod_cgi"
  case modCGID = "Apache mod_cgid"
  case suexec = "Apache mod_cgi, suexec"
  case lighttpd = "lighttpd mod_cgi"
  case fcgiwrap = "nginx, fcgiwrap"

  var description: String { rawValue }

  /// suexec runs only as it is installed, and needs root to prepare a directory of another user.
  static let available = allCases.filter { $0 != .suexec || SuexecDirectory.isAvailable }

  /// Whether the variables that an administrator sets reach the program: suexec keeps a list of names.
  var passesVariables: Bool { self != .suexec }
}

/// A web server with three programs in its cgi-bin: `bearerd.cgi` is the binary itself, `script.cgi` calls
/// `bearerd cgi`, and `careless.cgi` passes its own arguments on as well.
final class CGISite {
  let directory: Scratch
  let http: HTTP
  /// A valid token.
  let secret: String
  /// Where the CGI programs' tokens are.
  let tokens: String
  private let suexec: SuexecDirectory?
  private var programs: [Program] = []

  init(_ server: CGIServer) throws {
    directory = try Scratch()
    let place = WebServerPlace(directory: directory, port: try freePort(), daemonPort: 0, backendPort: 0)
    http = HTTP(port: place.port)
    suexec = server == .suexec ? try SuexecDirectory() : nil
    let home = suexec?.path ?? directory.path
    tokens = "\(home)/tokens"
    secret = try Bearerd.run("token", "new", "app", tokens: tokens).line
    try directory.make("public page\n", to: "site/index.html")
    let programDirectory = "\(home)/\(suexec == nil ? "site/" : "")cgi-bin"
    try FileManager.default.createDirectory(atPath: programDirectory, withIntermediateDirectories: true)
    let command = "#!/bin/sh\nexec \(programDirectory)/bearerd.cgi cgi --tokens \(tokens)"
    try directory.make("\(command)\n", to: "script")
    try directory.make("\(command) \"$@\"\n", to: "careless")
    for (source, name) in [
      (Bearerd.path, "bearerd"), ("\(directory.path)/script", "script"),
      ("\(directory.path)/careless", "careless"),
    ] {
      let outcome = try Bearerd.start(["install", "-m", "755", source, "\(programDirectory)/\(name).cgi"])
        .wait()
      try #require(outcome.code == 0, "\(outcome.errors)")
    }
    try suexec?.giveAway()
    switch server {
    case .modCGI, .modCGID, .suexec: try startApache(place, server, programDirectory)
    case .lighttpd: try startLighttpd(place)
    case .fcgiwrap: try startNginx(place)
    }
    let http = http
    try #require(
      eventually { (try? http.get("/").body) == "public page\n" }
        && eventually { (try? http.get("/cgi-bin/script.cgi").status) == 401 }, "\(told)")
  }

  deinit { programs.forEach { $0.stop() } }

  var told: String { programs.map(\.output).joined() + ((try? directory.read("error.log")) ?? "") }

  private func startApache(_ place: WebServerPlace, _ server: CGIServer, _ programDirectory: String) throws {
    // What the surroundings give to Apache's user.
    if suexec != nil { try directory.write("") }
    let user = suexec == nil ? "" : "SuexecUserGroup nobody nogroup"
    try directory.make(
      """
      <IfDefine SUEXEC>
          LoadModule suexec_module /usr/lib/apache2/modules/mod_suexec.so
      </IfDefine>
      <VirtualHost 127.0.0.1:\(place.port)>
          DocumentRoot \(directory.path)/site
          Alias /cgi-bin/ \(programDirectory)/
          \(user)
          <Directory \(programDirectory)>
              Require all granted
              Options +ExecCGI
              SetHandler cgi-script
              CGIPassAuth On
              SetEnv BEARERD_CGI_TOKENS \(tokens)
          </Directory>
      </VirtualHost>

      """, to: "site.conf")
    let command = try WebServer.apacheCGI.startApache(place, module: server == .modCGID ? "cgid" : "cgi")
    programs.append(try Program(command + (suexec == nil ? [] : ["-DSUEXEC"])))
  }

  private func startLighttpd(_ place: WebServerPlace) throws {
    try directory.make(
      """
      server.modules += ( "mod_cgi", "mod_setenv" )
      server.errorlog = "\(directory.path)/error.log"
      $HTTP["url"] =~ "^/cgi-bin/" {
          cgi.assign = ( ".cgi" => "" )
          setenv.set-environment = ( "BEARERD_CGI_TOKENS" => "\(tokens)" )
      }

      """, to: "site.conf")
    try directory.make(place.surroundings("lighttpd.conf"), to: "lighttpd.conf")
    programs.append(try Program([server("lighttpd"), "-D", "-f", "\(directory.path)/lighttpd.conf"]))
  }

  private func startNginx(_ place: WebServerPlace) throws {
    let socket = "\(directory.path)/fcgiwrap.sock"
    programs.append(try Program([server("fcgiwrap"), "-s", "unix:\(socket)"]))
    try #require(eventually { chmod(socket, 0o666) == 0 }, "\(told)")
    try directory.make(
      """
      server {
          listen 127.0.0.1:\(place.port);
          root \(directory.path)/site;
          location /cgi-bin/ {
              include /etc/nginx/fastcgi_params;
              fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
              fastcgi_param BEARERD_CGI_TOKENS \(tokens);
              fastcgi_pass unix:\(socket);
          }
      }

      """, to: "site.conf")
    let surroundings = try String(contentsOfFile: "\(repository)/Tests/lib/nginx.conf", encoding: .utf8)
    try directory.make(
      surroundings.replacingOccurrences(of: "DIRECTORY", with: directory.path), to: "nginx.conf")
    programs.append(try Program(NginxSite.command(in: directory)))
  }
}

/// A directory of another user below /var/www, where Debian's suexec starts programs.
final class SuexecDirectory {
  let path: String

  /// Only root can start programs as another user.
  static let isAvailable = geteuid() == 0

  init() throws {
    var template = Array("/var/www/bearerd-test-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    try #require(chmod(path, 0o755) == 0)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// suexec starts only what belongs to the user, and whose group only that user may write for.
  func giveAway() throws {
    let outcome = try Bearerd.start(["chown", "-R", "nobody:nogroup", path]).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
  }
}
