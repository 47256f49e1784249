/// A kind of backend behind a guarded path, and what must come of it.
struct BackendKind {
  let name: String
  /// In the guarded directory.
  let path: String
  private let expected: Expected

  private enum Expected {
    case text(String)
    /// A list that the web server makes in its own way.
    case listing(of: String)
    case report
  }

  private init(_ name: String, _ path: String, _ expected: Expected = .report) {
    self.name = name
    self.path = path
    self.expected = expected
  }

  private static let files = [
    BackendKind("file", "long.html", .text(longPage)), BackendKind("index", "index/", .text("index\n")),
    BackendKind("listing", "list/", .listing(of: "second.txt")),
  ]
  private static let http = [BackendKind("HTTP", "http/x")]
  private static let fastCGI = [
    BackendKind("FastCGI", "fastcgi/x"), BackendKind("PHP by php-fpm", "fpm.php"),
  ]
  private static let gateways = [BackendKind("SCGI", "scgi/x"), BackendKind("uwsgi", "uwsgi/x")]
  private static let cgi = [BackendKind("CGI", "report.cgi")]
  private static let apache = [
    BackendKind("FCGI script", "report.fcgi"), BackendKind("PHP by FcgidWrapper", "wrapped.php"),
    BackendKind("WSGI", "wsgi/x"),
  ]

  static let all = files + http + fastCGI + gateways + cgi + apache

  /// Those that stand behind a web server in the tests.
  static func kinds(of webServer: WebServer) -> [BackendKind] {
    switch webServer {
    case .apacheFcgid, .apacheAuthnzFcgi: all
    case .lighttpd: files + http + fastCGI + gateways + cgi
    case .nginx: files + http + fastCGI + gateways
    case .caddy: files + http + fastCGI
    case .haproxy: http
    case .apacheCGI: []
    }
  }

  static let longPage = (0..<5000).map { "line \($0) of a page\n" }.joined()

  /// What is wrong with a response to `app`, the owner of `token`; empty if nothing is.
  func problems(of response: Curl.Response, token: String) -> [String] {
    let head = response.head.lowercased()
    var problems: [String] = []
    func require(_ condition: Bool, _ problem: String) {
      if !condition { problems.append("\(name): \(problem)") }
    }
    require(response.status == 200, "status \(response.status)")
    require(!head.contains("bearerd") && !head.contains("no-store"), "headers of bearerd's: \(head)")
    switch expected {
    case .text(let text): require(response.text == text, "\(response.body.count) bytes are not the page")
    case .listing(let name): require(response.text.contains(name), "does not list \(name)")
    case .report:
      require(head.contains("cache-control: max-age=60"), "not the backend's Cache-Control: \(head)")
      guard let report = Report(response.body) else {
        return problems + ["\(name): \(response.body.count) bytes are not the report"]
      }
      require(!report.contains(token), "sees the secret")
      require(report.values("AUTHORIZATION").allSatisfy { $0.isEmpty }, "sees an Authorization")
      let (names, keys) = (report.values("BEARERD_APPLICATION"), report.values("BEARERD_KEY"))
      require(!names.isEmpty && names.allSatisfy { $0 == "app" }, "is told the names \(names)")
      require(!keys.isEmpty && keys.allSatisfy { $0.count == 6 && $0 == keys[0] }, "is told the keys \(keys)")
    }
    return problems
  }

  /// Whether a response holds anything of what is guarded.
  func leaks(_ response: Curl.Response) -> Bool {
    switch expected {
    case .text(let text): response.text.contains(text.prefix(20))
    case .listing(let name): response.text.contains(name)
    case .report: response.text.contains("length ")
    }
  }
}
