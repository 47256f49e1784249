import Foundation
import TestSupport
import Testing

/// An Apache as a shared host has it: the customer has a home directory with a `public_html`, in which .htaccess files
/// are read, and nothing else. The site is that of examples/apache-cgi.
final class SharedHost {
  let directory: Scratch
  let http: HTTP
  /// The customer's home directory.
  let home: String
  let tokens: (app: String, writer: String)
  private let suexec: SuexecDirectory?
  private var server: Program?

  var site: String { "\(home)/public_html" }
  var told: String { (server?.output ?? "") + ((try? directory.read("error.log")) ?? "") }

  /// - Parameters:
  ///   - isUserSite: at `/~me/`, as mod_userdir has it.
  ///   - override: what the host lets .htaccess files do.
  ///   - module: what starts programs: `cgid`, `cgi` or `fcgid`.
  ///   - prepare: what the customer changes of the example, by the site's directory.
  init(
    suexec isSuexec: Bool = false, isUserSite: Bool = false, override: String = "All", module: String = "cgi",
    prepare: (SharedHost) throws -> Void = { _ in }
  ) throws {
    directory = try Scratch()
    suexec = isSuexec ? try SuexecDirectory() : nil
    home = suexec?.path ?? "\(directory.path)/me"
    let place = WebServerPlace(directory: directory, port: try freePort(), daemonPort: 0, backendPort: 0)
    http = HTTP(port: place.port)
    try directory.make("", to: "site/index.html")
    let files = FileManager.default
    try files.createDirectory(atPath: home, withIntermediateDirectories: true)
    try files.copyItem(atPath: "\(repository)/examples/apache-cgi/public_html", toPath: "\(home)/public_html")
    let file = "\(home)/tokens"
    tokens = (
      try Bearerd.run("token", "new", "app", tokens: file).line,
      try Bearerd.run("token", "new", "writer", "--scopes", "write", tokens: file).line
    )
    // Apache's user reads it where nothing runs as the customer.
    try #require(chmod(file, isSuexec ? 0o600 : 0o644) == 0)
    try write("public page\n", to: "index.html")
    try write("protected page\n", to: "hidden/page.html")
    try write("protected index\n", to: "hidden/sub/index.html")
    try edit(
      "cgi-bin/bearerd.cgi",
      [
        ("/home/me/bin/bearerd", Bearerd.path), ("/home/me/bearerd/tokens", file),
      ])
    try prepare(self)
    try suexec?.giveAway()
    try directory.write("")
    try directory.make(
      """
      <IfDefine SUEXEC>
          LoadModule suexec_module /usr/lib/apache2/modules/mod_suexec.so
      </IfDefine>
      <IfModule fcgid_module>
          LoadModule cgi_module /usr/lib/apache2/modules/mod_cgi.so
      </IfModule>
      \(isUserSite ? "LoadModule userdir_module /usr/lib/apache2/modules/mod_userdir.so" : "")
      <VirtualHost 127.0.0.1:\(place.port)>
          DocumentRoot \(isUserSite ? "\(directory.path)/site" : site)
          \(isUserSite ? "UserDir \(directory.path)/*/public_html" : "")
          \(isSuexec ? "SuexecUserGroup nobody nogroup" : "")
          <Directory \(site)>
              Require all granted
              AllowOverride \(override)
              Options FollowSymLinks
          </Directory>
      </VirtualHost>

      """, to: "site.conf")
    var command = try WebServer.apacheCGI.startApache(place, module: module)
    if isSuexec { command.append("-DSUEXEC") }
    // With suexec, mod_fcgid starts only as root, and serves as Apache's user.
    if isSuexec, module == "fcgid" { command = command.drop { !$0.hasSuffix("apache2") } + ["-DROOT"] }
    server = try Program(command)
    let http = http
    let prefix = isUserSite ? "/~me" : ""
    try #require(eventually { (try? http.get("\(prefix)/index.html").status) == 200 }, "\(told)")
  }

  deinit { server?.stop() }

  /// Writes a file of the site.
  func write(_ text: String, to name: String) throws {
    let url = URL(filePath: "\(site)/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: false, encoding: .utf8)
  }

  /// A file of the site.
  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(site)/\(name)", encoding: .utf8)
  }

  /// Replaces texts of a file of the site; each must be in there. The file keeps its mode.
  func edit(_ name: String, _ changes: [(old: String, new: String)]) throws {
    var text = try read(name)
    for change in changes {
      try #require(text.contains(change.old), "\(name) has no \(change.old)")
      text = text.replacingOccurrences(of: change.old, with: change.new)
    }
    try text.write(toFile: "\(site)/\(name)", atomically: false, encoding: .utf8)
  }

  /// Copies a file of the example into the site.
  func copy(_ name: String, to place: String) throws {
    try write("", to: place)
    try FileManager.default.removeItem(atPath: "\(site)/\(place)")
    try FileManager.default.copyItem(
      atPath: "\(repository)/examples/apache-cgi/\(name)", toPath: "\(site)/\(place)")
  }
}
