extension Front {
  /// A Caddy that keeps to the folder, and the example.
  func configureCaddy(_ place: FrontPlace) throws -> [String] {
    let folder = place.folder
    var example = try place.example(
      "caddy/Caddyfile",
      [
        ("api.example.com {", "http://localhost {\n\tbind 127.0.0.1"),
        ("unix//run/bearerd/bearerd.sock", "unix/\(folder.path)/socket"),
        ("/var/www/html", "\(folder.path)/site"), ("/var/log/caddy", folder.path),
        ("127.0.0.1:8080", "127.0.0.1:\(place.backendPort)"),
      ])
    switch place.addition {
    case .publicBackend:
      example = example.replacing(
        "\t# Public.",
        with: "\troute /public/* {\n\t\treverse_proxy 127.0.0.1:\(place.backendPort)\n\t}\n\t# Public."
      )
    case .kinds(let kinds):
      example = example.replacing(
        "\t\tfile_server\n", with: try place.backends("backends.caddy", of: kinds))
    case .tls, nil: break
    }
    try folder.make(example, to: "site.caddy")
    try folder.make(place.surroundings("Caddyfile"), to: "Caddyfile")
    return [
      "env", "HOME=\(folder.path)", "XDG_CONFIG_HOME=\(folder.path)/config",
      "XDG_DATA_HOME=\(folder.path)/data",
      "caddy", "run", "--adapter", "caddyfile", "--config", "\(folder.path)/Caddyfile",
    ]
  }
}
