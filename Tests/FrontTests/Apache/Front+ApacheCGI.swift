import Foundation
import Testing

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
        ]), to: "site/cgi-bin/bearerd.cgi")
    try #require(chmod("\(folder.path)/site/cgi-bin/bearerd.cgi", 0o755) == 0)
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
