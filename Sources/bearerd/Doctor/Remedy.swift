/// The web server in front of a site, by its own word.
enum FrontName: String, CaseIterable {
  case nginx, apache, lighttpd, caddy, haproxy

  /// Nil where the Server header names none, or is hidden.
  init?(server: String?) {
    let name = server?.lowercased() ?? ""
    guard let front = FrontName.allCases.first(where: { name.contains($0.rawValue) }) else { return nil }
    self = front
  }
}

/// What to write, for the front that is there, or for each where nobody knows which that is.
enum Remedy {
  case guardLocation
  case challenge
  case passAuthorization
  case allowPublic(path: String)

  func lines(for front: FrontName?) -> [String] {
    guard let front else {
      return FrontName.allCases.flatMap { front in lines(of: front).map { "\(front.rawValue): \($0)" } }
    }
    return lines(of: front)
  }

  private func lines(of front: FrontName) -> [String] {
    switch (self, front) {
    case (.guardLocation, .nginx): ["in the location: include snippets/bearerd-guard.conf;"]
    case (.guardLocation, .apache):
      [
        "in the Location: FcgidAccessChecker \"/usr/local/bin/bearerd serve --tokens /etc/bearerd/tokens --workers 1\"",
        "in the Location: FcgidAccessCheckerAuthoritative On",
      ]
    case (.guardLocation, .lighttpd): ["in fastcgi.server: \"/PATH/\" => bearerd,"]
    case (.guardLocation, .caddy): ["first in the route: import bearerd \"\""]
    case (.guardLocation, .haproxy): ["in the frontend: http-request lua.bearerd unless public"]
    case (.challenge, .nginx):
      [
        "in the server: include snippets/bearerd-denied.conf;",
        "in the location: include snippets/bearerd-guard.conf; and no error_page 401 of your own",
      ]
    case (.challenge, .apache): ["no ErrorDocument 401 that is a URL"]
    case (.challenge, .haproxy):
      ["in the frontend, behind return status 401: hdr WWW-Authenticate \"%[var(txn.bearerd_challenge)]\""]
    case (.challenge, .lighttpd), (.challenge, .caddy): ["no error page of your own for 401"]
    case (.passAuthorization, .nginx):
      [
        "in location = /_bearerd: fastcgi_param HTTP_AUTHORIZATION $bearerd_authorization; as in bearerd-auth.conf",
        "in a proxy before it: proxy_set_header Authorization $http_authorization;",
      ]
    case (.passAuthorization, .apache):
      ["in the Location: CGIPassAuth On"]
    case (.passAuthorization, .lighttpd): ["no setenv.set-request-header for Authorization"]
    case (.passAuthorization, .caddy): ["no request_header -Authorization before: import bearerd \"\""]
    case (.passAuthorization, .haproxy): ["in the fcgi-app: pass-header authorization"]
    case (.allowPublic(let path), .nginx): ["in the server: location = \(path) { auth_request off; }"]
    case (.allowPublic(let path), .apache): ["guard a Location that does not hold \(path)"]
    case (.allowPublic(let path), .lighttpd): ["guard a path in fastcgi.server that does not hold \(path)"]
    case (.allowPublic(let path), .caddy): ["before the guarded routes: route \(path) { file_server }"]
    case (.allowPublic(let path), .haproxy): ["in the acl public: \(path)"]
    }
  }
}
