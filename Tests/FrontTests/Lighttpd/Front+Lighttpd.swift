extension Front {
  /// A lighttpd with the modules that Debian's has, and the example.
  func configureLighttpd(_ place: FrontPlace) throws -> [String] {
    let folder = place.folder
    let example = try place.example(
      "lighttpd-authorizer/site.conf",
      [
        ("\"/run/bearerd/bearerd.sock\"", "\"\(folder.path)/socket\""), ("/var/log/lighttpd", folder.path),
        ("/etc/lighttpd/backend.lua", "\(repository)/examples/lighttpd-authorizer/backend.lua"),
        ("\"port\" => 8080", "\"port\" => \(place.backendPort)"),
      ])
    try folder.make(example, to: "site.conf")
    try folder.make(place.surroundings("lighttpd.conf"), to: "lighttpd.conf")
    return [server("lighttpd"), "-D", "-f", "\(folder.path)/lighttpd.conf"]
  }
}
