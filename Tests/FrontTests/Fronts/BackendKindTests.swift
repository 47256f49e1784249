import Foundation
import Testing

/// Everything that can stand behind a guarded path, on each web server: its response arrives as it was sent.
@Suite("Every kind of backend")
struct BackendKindTests {
  /// A backend's name, its path in the guarded folder, and what its response has to hold; nil: a report.
  private typealias Kind = (name: String, path: String, content: String?)

  private static let everywhere: [Kind] = [
    ("file", "long.html", "line 4999 of a page\n"), ("index", "index/", "index\n"),
    ("listing", "list/", "second.txt"), ("HTTP", "http/x", nil), ("FastCGI", "fastcgi/x", nil),
    ("PHP by php-fpm", "fpm.php", nil),
  ]
  private static let apache: [Kind] = [
    ("SCGI", "scgi/x", nil), ("uwsgi", "uwsgi/x", nil), ("CGI", "report.cgi", nil),
    ("FCGI script", "report.fcgi", nil), ("PHP by FcgidWrapper", "wrapped.php", nil), ("WSGI", "wsgi/x", nil),
  ]
  private static let lighttpd: [Kind] = [
    ("SCGI", "scgi/x", nil), ("uwsgi", "uwsgi/x", nil), ("CGI", "report.cgi", nil),
  ]

  private static func kinds(of front: Front) -> [Kind] {
    switch front {
    case .apacheFcgid, .apacheAuthnzFcgi: everywhere + apache
    case .lighttpd: everywhere + lighttpd
    case .caddy, .nginx, .haproxy, .apacheCGI: everywhere
    }
  }

  private static let forged = NamingTests.spellings.filter { !$0.contains(".") }.map { "\($0): admin" }

  @Test(
    "sends its whole response, is told the name, and sees no secret; the web server adds nothing of bearerd's",
    arguments: [Front.apacheFcgid, .apacheAuthnzFcgi, .lighttpd, .caddy])
  func whole(front: Front) throws {
    let site = try FrontSite(front, addition: .kinds(BackendKinds()))
    let lines = ["Authorization: Bearer \(site.tokens.app)"] + BackendKindTests.forged
    // Neither the example's Caddy nor its lighttpd speaks HTTP/2 without TLS.
    let isApache = front == .apacheFcgid || front == .apacheAuthnzFcgi
    for kind in BackendKindTests.kinds(of: front) {
      for way in Way.allCases where way != .http2 || isApache {
        for response in try Curl(site, way, headers: lines).get("/private/\(kind.path)") {
          try check(response, of: kind, "\(kind.name), \(way) \(site.told)", token: site.tokens.app)
        }
      }
      for response in try Curl(site, .kept, headers: []).get("/private/\(kind.path)") {
        #expect(response.status == 401, "\(kind.name)")
        #expect(!response.text.contains(kind.content ?? "length "), "\(kind.name)")
      }
    }
  }

  private func check(_ response: Curl.Response, of kind: Kind, _ place: String, token: String) throws {
    #expect(response.status == 200, "\(place)")
    let head = response.head.lowercased()
    #expect(!head.contains("bearerd") && !head.contains("no-store"), "\(place) \(head)")
    if let content = kind.content {
      #expect(response.text.contains(content), "\(place)")
      return
    }
    #expect(head.contains("cache-control: max-age=60"), "\(place) \(head)")
    let report = try #require(
      Report(response.body), "\(place): \(response.body.count) bytes are not the report")
    #expect(!report.contains(token), "\(place)")
    #expect(report.values("AUTHORIZATION").allSatisfy { $0.isEmpty }, "\(place)")
    let names = report.values("BEARERD_APPLICATION")
    #expect(!names.isEmpty && names.allSatisfy { $0 == "app" }, "\(place) \(names)")
    let keys = report.values("BEARERD_KEY")
    #expect(!keys.isEmpty && keys.allSatisfy { $0.count == 6 && $0 == keys[0] }, "\(place) \(keys)")
  }

  /// How a client speaks.
  enum Way: CaseIterable, Sendable {
    case closed, kept, compressed, http2

    var options: [String] {
      switch self {
      case .closed: ["--http1.1", "-H", "Connection: close"]
      case .kept: ["--http1.1"]
      case .compressed: ["--http1.1", "--compressed"]
      case .http2: ["--http2-prior-knowledge"]
      }
    }
  }
}

/// A real client, which reuses its connection and undoes compression.
private struct Curl {
  struct Response {
    var head: String
    var body: [UInt8]

    var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let site: FrontSite
  private let way: BackendKindTests.Way
  private let options: [String]

  init(_ site: FrontSite, _ way: BackendKindTests.Way, headers: [String]) {
    self.site = site
    self.way = way
    options = ["-sSi4", "--max-time", "30"] + way.options + headers.flatMap { ["-H", $0] }
  }

  /// The responses to three requests, one after the other.
  func get(_ path: String) throws -> [Response] {
    let files = (1...3).map { "\(site.folder.path)/response\($0)" }
    let url = "http://localhost:\(site.http.port)\(path)"
    // curl 7.88 fails at a second request over HTTP/2 without TLS.
    let calls = way == .http2 ? files.map { [$0] } : [files]
    for files in calls {
      let outcome = try Bearerd.start(["curl"] + options + files.flatMap { ["-o", $0, url] }).wait()
      try #require(outcome.code == 0, "\(path) \(outcome.errors) \(site.told)")
    }
    return try files.map { file in
      let bytes = Array(try Data(contentsOf: URL(filePath: file)))
      let end = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) })
      return Response(head: String(decoding: bytes[..<end], as: UTF8.self), body: Array(bytes[(end + 4)...]))
    }
  }
}
