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
  static let available = allCases.filter { $0 != .suexec || SuexecFolder.isAvailable }

  /// Whether the variables that an administrator sets reach the program: suexec keeps a list of names.
  var passesVariables: Bool { self != .suexec }
}

/// A web server with three programs in its cgi-bin: `bearerd.cgi` is the binary itself, `script.cgi` calls
/// `bearerd cgi`, and `careless.cgi` passes its own arguments on as well.
final class CGISite {
  let folder: Scratch
  let http: HTTP
  /// A valid token.
  let secret: String
  /// Where the CGI programs' tokens are.
  let tokens: String
  private let suexec: SuexecFolder?
  private var programs: [Program] = []

  init(_ server: CGIServer) throws {
    folder = try Scratch()
    let place = FrontPlace(folder: folder, port: try freePort(), daemonPort: 0, backendPort: 0)
    http = HTTP(port: place.port)
    suexec = server == .suexec ? try SuexecFolder() : nil
    let home = suexec?.path ?? folder.path
    tokens = "\(home)/tokens"
    secret = try Bearerd.run("token", "new", "app", tokens: tokens).line
    try folder.make("public page\n", to: "site/index.html")
    let programFolder = "\(home)/\(suexec == nil ? "site/" : "")cgi-bin"
    try FileManager.default.createDirectory(atPath: programFolder, withIntermediateDirectories: true)
    let command = "#!/bin/sh\nexec \(programFolder)/bearerd.cgi cgi --tokens \(tokens)"
    try folder.make("\(command)\n", to: "script")
    try folder.make("\(command) \"$@\"\n", to: "careless")
    for (source, name) in [
      (Bearerd.path, "bearerd"), ("\(folder.path)/script", "script"), ("\(folder.path)/careless", "careless"),
    ] {
      let outcome = try Bearerd.start(["install", "-m", "755", source, "\(programFolder)/\(name).cgi"]).wait()
      try #require(outcome.code == 0, "\(outcome.errors)")
    }
    try suexec?.giveAway()
    switch server {
    case .modCGI, .modCGID, .suexec: try startApache(place, server, programFolder)
    case .lighttpd: try startLighttpd(place)
    case .fcgiwrap: try startNginx(place)
    }
    let http = http
    try #require(
      eventually { (try? http.get("/").body) == "public page\n" }
        && eventually { (try? http.get("/cgi-bin/script.cgi").status) == 401 }, "\(told)")
  }

  deinit { programs.forEach { $0.stop() } }

  var told: String { programs.map(\.output).joined() + ((try? folder.read("error.log")) ?? "") }

  private func startApache(_ place: FrontPlace, _ server: CGIServer, _ programFolder: String) throws {
    // What the surroundings give to Apache's user.
    if suexec != nil { try folder.write("") }
    let user = suexec == nil ? "" : "SuexecUserGroup nobody nogroup"
    try folder.make(
      """
      <IfDefine SUEXEC>
          LoadModule suexec_module /usr/lib/apache2/modules/mod_suexec.so
      </IfDefine>
      <VirtualHost 127.0.0.1:\(place.port)>
          DocumentRoot \(folder.path)/site
          Alias /cgi-bin/ \(programFolder)/
          \(user)
          <Directory \(programFolder)>
              Require all granted
              Options +ExecCGI
              SetHandler cgi-script
              CGIPassAuth On
              SetEnv BEARERD_CGI_TOKENS \(tokens)
          </Directory>
      </VirtualHost>

      """, to: "site.conf")
    let command = try Front.apacheCGI.startApache(place, module: server == .modCGID ? "cgid" : "cgi")
    programs.append(try Program(command + (suexec == nil ? [] : ["-DSUEXEC"])))
  }

  private func startLighttpd(_ place: FrontPlace) throws {
    try folder.make(
      """
      server.modules += ( "mod_cgi", "mod_setenv" )
      server.errorlog = "\(folder.path)/error.log"
      $HTTP["url"] =~ "^/cgi-bin/" {
          cgi.assign = ( ".cgi" => "" )
          setenv.set-environment = ( "BEARERD_CGI_TOKENS" => "\(tokens)" )
      }

      """, to: "site.conf")
    try folder.make(place.surroundings("lighttpd.conf"), to: "lighttpd.conf")
    programs.append(try Program([server("lighttpd"), "-D", "-f", "\(folder.path)/lighttpd.conf"]))
  }

  private func startNginx(_ place: FrontPlace) throws {
    let socket = "\(folder.path)/fcgiwrap.sock"
    programs.append(try Program([server("fcgiwrap"), "-s", "unix:\(socket)"]))
    try #require(eventually { chmod(socket, 0o666) == 0 }, "\(told)")
    try folder.make(
      """
      server {
          listen 127.0.0.1:\(place.port);
          root \(folder.path)/site;
          location /cgi-bin/ {
              include /etc/nginx/fastcgi_params;
              fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
              fastcgi_param BEARERD_CGI_TOKENS \(tokens);
              fastcgi_pass unix:\(socket);
          }
      }

      """, to: "site.conf")
    let surroundings = try String(contentsOfFile: "\(repository)/Tests/lib/nginx.conf", encoding: .utf8)
    try folder.make(surroundings.replacingOccurrences(of: "FOLDER", with: folder.path), to: "nginx.conf")
    programs.append(try Program(NginxSite.command(in: folder)))
  }
}

/// A directory of another user below /var/www, where Debian's suexec starts programs.
final class SuexecFolder {
  let path: String

  /// Only root can start programs as another user.
  static let isAvailable = geteuid() == 0

  init() throws {
    var template = Array("/var/www/bearerd-test-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    try #require(chmod(path, 0o755) == 0)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// suexec starts only what belongs to the user, and whose group nobody else writes for.
  func giveAway() throws {
    let outcome = try Bearerd.start(["chown", "-R", "nobody:nogroup", path]).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
  }
}
