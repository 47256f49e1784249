import Foundation
import TestSupport
import Testing

/// A real client, which reuses its connection and undoes compression.
struct Curl {
  struct Response {
    var head: String
    var body: [UInt8]

    var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// How the client speaks.
  enum Way: CaseIterable {
    case closed, kept, compressed, http2

    fileprivate var options: [String] {
      switch self {
      case .closed: ["--http1.1", "-H", "Connection: close"]
      case .kept: ["--http1.1"]
      case .compressed: ["--http1.1", "--compressed"]
      case .http2: ["--http2-prior-knowledge"]
      }
    }
  }

  private let site: WebServerSite
  private let way: Way
  private let options: [String]

  init(_ site: WebServerSite, _ way: Way, headers: [String]) {
    self.site = site
    self.way = way
    options = ["-sSi4", "--max-time", "30"] + way.options + headers.flatMap { ["-H", $0] }
  }

  /// The responses to three requests, one after the other.
  func get(_ path: String) throws -> [Response] {
    let files = (1...3).map { "\(site.directory.path)/response\($0)" }
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
