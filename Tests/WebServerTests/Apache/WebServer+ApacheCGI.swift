import Foundation
import TestSupport
import Testing

extension Scratch {
  /// Copies a file to where it can be run. Another process does it: a file that this one has written may not be run
  /// while any other thread starts a program.
  func install(_ name: String, as program: String) throws {
    let outcome = try Bearerd.start(["install", "-m", "755", "\(path)/\(name)", "\(path)/\(program)"]).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
  }
}

extension WebServer {
  /// An Apache as a shared host has it, which reads .htaccess, and the example's directory, with the page where
  /// only bearerd.cgi leads.
  func configureApacheCGI(_ place: WebServerPlace) throws -> [String] {
    let directory = place.directory
    let files = FileManager.default
    let example = "\(repository)/examples/apache-cgi/public_html"
    for name in [".htaccess", "cgi-bin", "hidden"] {
      try files.copyItem(atPath: "\(example)/\(name)", toPath: "\(directory.path)/site/\(name)")
    }
    try directory.make(
      place.example(
        "apache-cgi/public_html/cgi-bin/bearerd.cgi",
        [
          ("/home/me/bin/bearerd", "/bin/sh \(directory.path)/bearerd"),
          ("/home/me/bearerd/tokens", directory.tokens),
        ]), to: "script")
    try directory.install("script", as: "site/cgi-bin/bearerd.cgi")
    try files.moveItem(
      atPath: "\(directory.path)/site/private/page.html", toPath: "\(directory.path)/site/hidden/page.html")
    try files.removeItem(atPath: "\(directory.path)/site/private")
    try directory.make("protected page\n", to: "site/hidden/write/page.html")
    try directory.make(
      """
      DocumentRoot \(directory.path)/site
      LogFormat "%h - %{X-Bearerd-Application}o %t \\"%r\\" %>s %b" applications
      CustomLog \(directory.path)/access.log applications
      LoadModule xsendfile_module /usr/lib/apache2/modules/mod_xsendfile.so
      XSendFilePath \(directory.path)/files
      <Directory \(directory.path)/site>
          AllowOverride All
          Options FollowSymLinks
      </Directory>

      """, to: "site.conf")
    return try startApache(place, module: "cgid")
  }
}
