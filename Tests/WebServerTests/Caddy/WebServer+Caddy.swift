extension WebServer {
  /// A Caddy that uses only the directory, and the example.
  func configureCaddy(_ place: WebServerPlace) throws -> [String] {
    let directory = place.directory
    var example = try place.example(
      "caddy/Caddyfile",
      [
        ("api.example.com {", "http://localhost {\n\tbind 127.0.0.1"),
        ("unix//run/bearerd/bearerd.sock", "unix/\(directory.path)/socket"),
        ("/var/www/html", "\(directory.path)/site"), ("/var/log/caddy", directory.path),
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
    try directory.make(example, to: "site.caddy")
    try directory.make(place.surroundings("Caddyfile"), to: "Caddyfile")
    return [
      "env", "HOME=\(directory.path)", "XDG_CONFIG_HOME=\(directory.path)/config",
      "XDG_DATA_HOME=\(directory.path)/data",
      "caddy", "run", "--adapter", "caddyfile", "--config", "\(directory.path)/Caddyfile",
    ]
  }
}
