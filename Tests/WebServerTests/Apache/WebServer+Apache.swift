import Foundation
import Testing

extension WebServer {
  /// What makes a command of root's run as Apache's user. Apache does not serve as root, nor does it start
  /// others so.
  static let apacheUser =
    geteuid() == 0 ? ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"] : []

  /// An Apache as Debian sets it up, in a directory of its own, with the site of one of the examples.
  func configureApache(_ place: WebServerPlace, module: String) throws -> [String] {
    let directory = place.directory
    var changes = [
      ("<VirtualHost *:80>", "<VirtualHost 127.0.0.1:\(place.port)>"),
      ("/var/www/html", "\(directory.path)/site"),
      ("/var/log/apache2", directory.path),
      ("http://127.0.0.1:8080/", "http://127.0.0.1:\(place.backendPort)/"),
    ]
    switch link {
    case .child:
      changes += [
        ("/usr/local/bin/bearerd", "/bin/sh \(directory.path)/bearerd"),
        ("/etc/bearerd/tokens", directory.tokens),
      ]
    case .port, .socket, .program:
      changes += [("fcgi://127.0.0.1:9001/", "fcgi://127.0.0.1:\(place.daemonPort)/")]
    }
    var site = try place.example("\(example)/site.conf", changes)
    switch place.addition {
    case .publicBackend: site += "ProxyPass /public/ http://127.0.0.1:\(place.backendPort)/public/\n"
    case .kinds(let kinds): site += try place.backends("apache-backends.conf", of: kinds)
    case .tls, nil: break
    }
    try directory.make(site, to: "site.conf")
    return try startApache(place, module: module)
  }

  /// The command for an Apache with the directory's `site.conf`.
  func startApache(_ place: WebServerPlace, module: String) throws -> [String] {
    let directory = place.directory
    try directory.make(place.surroundings("apache.conf", [("MODULE", module)]), to: "apache.conf")
    let command = [server("apache2"), "-f", "\(directory.path)/apache.conf", "-DFOREGROUND"]
    guard geteuid() == 0 else { return command }
    // Apache does not serve as root, nor does it start others as root.
    let user = try #require(getpwnam("www-data")).pointee
    for path in [directory.path, directory.tokens] {
      try #require(chown(path, user.pw_uid, user.pw_gid) == 0)
    }
    return WebServer.apacheUser + command
  }
}
