extension WebServer {
  /// The example, which logs to standard error, and another frontend in the place of the server of pages.
  func configureHAProxy(_ place: WebServerPlace) throws -> [String] {
    let directory = place.directory
    let pages = try freePort()
    let socket = "\(directory.path)/bearerd.sock"
    try directory.make(
      place.example("haproxy/bearerd.lua", [("/run/haproxy/bearerd.sock", socket)]), to: "bearerd.lua")
    var example = try place.example(
      "haproxy/haproxy.cfg",
      [
        ("/dev/log local0", "stderr format raw local0 info"), ("    user haproxy\n", ""),
        ("    group haproxy\n", ""),
        ("/etc/haproxy/", "\(directory.path)/"), ("bind :80", "bind 127.0.0.1:\(place.port)"),
        ("/run/haproxy/bearerd.sock mode 600 user haproxy", "\(socket) mode 600"),
        ("127.0.0.1:8080", "127.0.0.1:\(place.backendPort)"), ("127.0.0.1:8081", "127.0.0.1:\(pages)"),
        ("127.0.0.1:9001", "127.0.0.1:\(place.daemonPort)"),
      ])
    if case .publicBackend = place.addition {
      example = example.replacing("-m beg /.well-known/\n", with: "-m beg /.well-known/ /public/\n")
        .replacing(
          "use_backend api if { var(txn.path) -m beg /api/ }",
          with: "use_backend api if { var(txn.path) -m beg /api/ /public/ }")
    }
    if case .kinds(let kinds) = place.addition, let address = kinds.addresses["HTTP_BACKEND"] {
      example = example.replacing(
        "    use_backend api", with: "    use_backend http if { path_beg /private/http }\n    use_backend api"
      )
      example += "\nbackend http\n    server http 127.0.0.1:\(address)\n"
    }
    try directory.make(example, to: "haproxy.cfg")
    try directory.make(
      """
      frontend pages
          bind 127.0.0.1:\(pages)
          no log
          http-request return content-type text/html file \(directory.path)/site/index.html if { path / }
          http-request return content-type text/html file \(directory.path)/site/private/page.html if { path /private/page.html }
          http-request return status 404

      """, to: "pages.cfg")
    return [
      server("haproxy"), "-db", "-f", "\(directory.path)/haproxy.cfg", "-f", "\(directory.path)/pages.cfg",
    ]
  }
}
