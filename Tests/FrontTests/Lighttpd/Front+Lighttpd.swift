import TestSupport

extension Front {
  /// A lighttpd with the modules that Debian's has, and the example.
  func configureLighttpd(_ place: FrontPlace) throws -> [String] {
    let folder = place.folder
    var example = try place.example(
      "lighttpd-authorizer/site.conf",
      [
        ("\"/run/bearerd/bearerd.sock\"", "\"\(folder.path)/socket\""), ("/var/log/lighttpd", folder.path),
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
      try folder.makeCertificate(for: "localhost")
      example += """
        server.modules += ( "mod_openssl" )
        $SERVER["socket"] == "127.0.0.1:\(port)" {
          ssl.engine = "enable"
          ssl.pemfile = "\(folder.path)/certificate"
          ssl.privkey = "\(folder.path)/key"
        }

        """
    case nil: break
    }
    try folder.make(example, to: "site.conf")
    try folder.make(place.surroundings("lighttpd.conf"), to: "lighttpd.conf")
    return [server("lighttpd"), "-D", "-f", "\(folder.path)/lighttpd.conf"]
  }
}
