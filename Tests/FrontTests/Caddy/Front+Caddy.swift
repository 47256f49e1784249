extension Front {
  /// A Caddy without certificates and without its port for administrators, and the example.
  func configureCaddy(_ place: FrontPlace) throws -> [String] {
    let folder = place.folder
    let example = try place.example(
      "caddy/Caddyfile",
      [
        ("api.example.com {", "http://localhost {\n\tbind 127.0.0.1"),
        ("unix//run/bearerd/bearerd.sock", "unix/\(folder.path)/socket"),
        ("/var/www/html", "\(folder.path)/site"), ("/var/log/caddy", folder.path),
        ("127.0.0.1:8080", "127.0.0.1:\(place.backendPort)"),
      ])
    try folder.make(example, to: "site.caddy")
    try folder.make(
      "{\n\tadmin off\n\tauto_https off\n\thttp_port \(place.port)\n}\nimport site.caddy\n", to: "Caddyfile")
    return [
      "env", "HOME=\(folder.path)", "XDG_CONFIG_HOME=\(folder.path)/config",
      "XDG_DATA_HOME=\(folder.path)/data",
      "caddy", "run", "--adapter", "caddyfile", "--config", "\(folder.path)/Caddyfile",
    ]
  }
}
