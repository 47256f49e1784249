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

extension Front {
  /// An Apache as a shared host has it, which reads .htaccess, and the example's folder, with the page where only
  /// bearerd.cgi leads.
  func configureApacheCGI(_ place: FrontPlace) throws -> [String] {
    let folder = place.folder
    let files = FileManager.default
    let example = "\(repository)/examples/apache-cgi/public_html"
    for name in [".htaccess", "cgi-bin", "hidden"] {
      try files.copyItem(atPath: "\(example)/\(name)", toPath: "\(folder.path)/site/\(name)")
    }
    try folder.make(
      place.example(
        "apache-cgi/public_html/cgi-bin/bearerd.cgi",
        [
          ("/home/me/bin/bearerd", "/bin/sh \(folder.path)/bearerd"),
          ("/home/me/bearerd/tokens", folder.tokens),
        ]), to: "script")
    try folder.install("script", as: "site/cgi-bin/bearerd.cgi")
    try files.moveItem(
      atPath: "\(folder.path)/site/private/page.html", toPath: "\(folder.path)/site/hidden/page.html")
    try files.removeItem(atPath: "\(folder.path)/site/private")
    try folder.make("protected page\n", to: "site/hidden/write/page.html")
    try folder.make(
      """
      DocumentRoot \(folder.path)/site
      LogFormat "%h - %{X-Bearerd-Application}o %t \\"%r\\" %>s %b" applications
      CustomLog \(folder.path)/access.log applications
      LoadModule xsendfile_module /usr/lib/apache2/modules/mod_xsendfile.so
      XSendFilePath \(folder.path)/files
      <Directory \(folder.path)/site>
          AllowOverride All
          Options FollowSymLinks
      </Directory>

      """, to: "site.conf")
    return try startApache(place, module: "cgid")
  }
}
