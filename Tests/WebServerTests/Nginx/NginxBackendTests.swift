import Testing

/// What each kind of backend learns of a client, from guarded and from public locations.
@Suite("A backend of nginx")
struct NginxBackendTests {
  enum Kind: String, CaseIterable {
    case proxy, grpc, fastcgi, uwsgi, scgi

    /// How nginx reaches it. A gRPC backend is another server of nginx, which passes everything on.
    var pass: String {
      switch self {
      case .proxy: "proxy_pass http://BACKEND;"
      case .grpc: "grpc_pass grpc://unix:DIRECTORY/grpc.sock;"
      case .fastcgi: "fastcgi_pass unix:DIRECTORY/fastcgi.sock;"
      case .uwsgi: "uwsgi_pass unix:DIRECTORY/uwsgi.sock;"
      case .scgi: "scgi_pass unix:DIRECTORY/scgi.sock;"
      }
    }

    var sendsHeaders: Bool { self == .proxy || self == .grpc }

    /// The line by which it learns the application's name.
    var name: String { sendsHeaders ? "x-bearerd-application: app" : "bearerd_application=app" }
  }

  private func site(_ kind: Kind) throws -> NginxSite {
    try NginxSite(
      configuration: NginxConfiguration(
        server: """
          underscores_in_headers on;
          location /guarded/ {
            include snippets/bearerd-guard.conf;
            include snippets/bearerd-\(kind).conf;
            \(kind.pass)
          }
          location /public/ {
            include snippets/bearerd-public.conf;
            \(kind.pass)
          }
          """,
        otherServers: Self.grpcServer))
  }

  /// A gRPC backend that is another server of nginx.
  static let grpcServer = """
    server {
      listen unix:DIRECTORY/grpc.sock http2;
      underscores_in_headers on;
      location / { proxy_pass http://BACKEND; }
    }
    """

  /// Keeps the backend of the site alive.
  static func backend(_ kind: Kind, _ site: NginxSite) throws -> AnyObject? {
    let socket = "\(site.directory.path)/\(kind).sock"
    return switch kind {
    case .proxy, .grpc: nil
    case .fastcgi: try FastCGIBackend(socket: socket)
    case .uwsgi: try ParameterBackend(.uwsgi, socket: socket)
    case .scgi: try ParameterBackend(.scgi, socket: socket)
    }
  }

  static let forged = [
    "X-Bearerd-Application", "X_Bearerd_Application", "X-Bearerd_Application", "X_BEARERD-application",
    "X-Bearerd-Key", "X_Bearerd_Key", "X-Bearerd_Key", "x_bearerd-key",
  ].map { "\($0): root" }

  @Test(
    "learns the application's name, not the secret, and no name that a client made up",
    arguments: Kind.allCases)
  func guarded(kind: Kind) throws {
    let site = try site(kind)
    let backend = try Self.backend(kind, site)
    defer { withExtendedLifetime(backend) {} }
    let secret = try site.token("app")
    #expect(try site.http.get("/guarded/x").status == 401)
    let lines = ["Authorization: Bearer \(secret)", "Cookie: session=1"] + Self.forged
    let response = try site.http.request("GET", "/guarded/x", lines: lines.map { Array($0.utf8) })
    #expect(response.status == 200)
    let seen = response.body.lowercased()
    #expect(seen.contains(kind.name))
    #expect(seen.contains("session=1"))
    #expect(!seen.contains("root"), "\(seen)")
    #expect(!response.body.contains(secret))
    // Newer versions of nginx have another directive for the test's own gRPC backend.
    let warnings = site.nginx.output.split(separator: "\n").filter {
      $0.contains("[warn]") && !$0.contains("the \"listen ... http2\" directive is deprecated")
    }
    #expect(warnings.isEmpty)
  }

  @Test(
    "hears no made-up name through a public location, and sees Authorization there", arguments: Kind.allCases)
  func open(kind: Kind) throws {
    let site = try site(kind)
    let backend = try Self.backend(kind, site)
    defer { withExtendedLifetime(backend) {} }
    let lines = ["Authorization: Basic dXNlcjpwYXNz", "Cookie: session=1"] + Self.forged
    let response = try site.http.request("GET", "/public/x", lines: lines.map { Array($0.utf8) })
    #expect(response.status == 200)
    #expect(response.body.contains("session=1"))
    #expect(response.body.contains("dXNlcjpwYXNz"))
    #expect(!response.body.lowercased().contains("root"), "\(response.body)")
  }
}
