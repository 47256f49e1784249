import TestSupport

extension WebServer {
  /// A lighttpd with the modules that Debian's has, and the example.
  func configureLighttpd(_ place: WebServerPlace) throws -> [String] {
    let directory = place.directory
    var example = try place.example(
      "lighttpd-authorizer/site.conf",
      [
        ("\"/run/bearerd/bearerd.sock\"", "\"\(directory.path)/socket\""),
        ("/var/log/lighttpd", directory.path),
        ("/etc/lighttpd/backend.lua", "\(repository)/examples/lighttpd-authorizer/backend.lua"),
        ("\"port\" => 8080", "\"port\" => \(place.backendPort)"),
      ])
    switch place.addition {
    case .publicBackend:
      example += """
        $HTTP["url"] =~ "^/public/" {
          proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => \(place.backendPort) )) )
        }

        """
    case .kinds(let kinds): example += try place.backends("lighttpd-backends.conf", of: kinds)
    case .tls(let port):
      try directory.makeCertificate(for: "localhost")
      example += """
        server.modules += ( "mod_openssl" )
        $SERVER["socket"] == "127.0.0.1:\(port)" {
          ssl.engine = "enable"
          ssl.pemfile = "\(directory.path)/certificate"
          ssl.privkey = "\(directory.path)/key"
        }

        """
    case nil: break
    }
    try directory.make(example, to: "site.conf")
    try directory.make(place.surroundings("lighttpd.conf"), to: "lighttpd.conf")
    return [server("lighttpd"), "-D", "-f", "\(directory.path)/lighttpd.conf"]
  }
}
