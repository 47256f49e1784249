extension WebServer {
  /// The snippets, as in the other tests of nginx.
  func configureNginx(_ place: WebServerPlace) throws -> [String] {
    try place.directory.makeSnippets()
    var site = NginxConfiguration()
    switch place.addition {
    case .publicBackend:
      site.server = "location /public/ { include snippets/bearerd-public.conf; proxy_pass http://BACKEND; }"
    case .kinds(let kinds): site.server = try place.backends("nginx-backends.conf", of: kinds)
    case .tls, nil: break
    }
    let configuration = site.text(
      directory: place.directory.path, port: place.port, backend: place.backendPort)
    try place.directory.make(configuration, to: "nginx.conf")
    return NginxSite.command(in: place.directory)
  }
}
