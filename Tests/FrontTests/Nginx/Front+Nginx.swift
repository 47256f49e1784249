extension Front {
  /// The snippets, as in the other tests of nginx.
  func configureNginx(_ place: FrontPlace) throws -> [String] {
    try place.folder.makeSnippets()
    let configuration = NginxConfiguration().text(
      folder: place.folder.path, port: place.port, backend: place.backendPort)
    try place.folder.make(configuration, to: "nginx.conf")
    return NginxSite.command(in: place.folder)
  }
}
