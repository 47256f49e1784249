import Foundation
import TestSupport
import Testing

/// A real nginx with a configuration of the corpus, a real bearerd, and a backend that says what it was given.
final class CorpusSite {
  private let configuration: CorpusConfiguration
  private let directory: Scratch
  private let backend: ReportingBackend
  private let bearerd: Program
  private let nginx: Program
  private let ports: [UInt16]
  private let tokens: KnownTokens

  init(_ configuration: CorpusConfiguration) throws {
    self.configuration = configuration
    tokens = try KnownTokens.made.get()
    directory = try Scratch()
    backend = try ReportingBackend()
    ports = [try freePort(), try freePort()]
    try directory.write(tokens.text)
    try directory.makeCorpusFiles(frozenTimeout: configuration.states.contains(.frozen) ? 1 : nil)
    try directory.makeSite()
    if configuration.text.contains("@certificate@") { try directory.makeCertificate(for: "localhost") }
    let grpc = configuration.text.contains("@grpc@") ? try freePort() : nil
    var values = [
      "listen": "127.0.0.1:\(ports[0])", "listen2": "127.0.0.1:\(ports[1])", "root": "\(directory.path)/site",
      "directory": directory.path, "certificate": "\(directory.path)/certificate",
      "key": "\(directory.path)/key",
      "grpc": "127.0.0.1:\(grpc ?? 0)", "app": tokens.app,
    ]
    for (kind, port) in backend.ports { values[kind.rawValue] = "127.0.0.1:\(port)" }
    var text = configuration.text
    // gRPC needs HTTP/2, which another server of this nginx speaks for the backend.
    if grpc != nil {
      text += """
        server {
          listen @grpc@ http2;
          underscores_in_headers on;
          location / { proxy_pass http://@backend@; }
        }

        """
    }
    for (name, value) in values { text = text.replacingOccurrences(of: "@\(name)@", with: value) }
    let types = "types { text/html html shtml; text/css css; image/png png; }"
    let main = NginxConfiguration.main(http: "\(types)\naccess_log DIRECTORY/access.log;\n\(text)")
    try directory.make(main.replacingOccurrences(of: "DIRECTORY", with: directory.path), to: "nginx.conf")
    bearerd = try NginxSite.serve(directory, ["--cache-ttl", "5"])
    nginx = try Program(NginxSite.command(in: directory))
    let pidFile = "\(directory.path)/nginx.pid"
    // It is written when the sockets are open.
    try #require(eventually { FileManager.default.fileExists(atPath: pidFile) }, "\(nginx.output)")
  }

  deinit {
    nginx.stop()
    // A frozen one takes no other signal.
    bearerd.stop(SIGKILL)
  }

  /// Sends everything the configuration asks for, in each state of the daemon, and says what nginx did.
  func observe() throws -> CorpusObservation {
    var observation = CorpusObservation(tokens: tokens)
    let requests =
      configuration.asks.map { (request: $0, isPublic: false) }
      + configuration.publicRequests.map { (request: $0, isPublic: true) }
    for state in configuration.states {
      switch state {
      case .up: break
      case .frozen: kill(bearerd.pid, SIGSTOP)
      case .stopped: bearerd.stop(SIGKILL)
      }
      for (request, isPublic) in requests {
        for client in CorpusClient.all(tokens, refused: configuration.refusedToken) {
          let guarded = directory.guardedFiles()
          var exchange = CorpusExchange(
            request: request, isPublic: isPublic, state: state, client: client,
            response: HTTPResponse(bytes: try send(request, token: client.token)))
          // nginx may answer before it has sent what a mirror gets.
          if configuration.text.contains(/mirror|post_action/) { usleep(50_000) }
          exchange.backendRequests = backend.take()
          exchange.hasChangedFiles = directory.guardedFiles() != guarded
          if exchange.hasChangedFiles { try directory.makeSite() }
          observation.add(exchange)
        }
      }
    }
    nginx.stop()
    observation.addFiles(try directory.writtenTexts())
    return observation
  }

  private func send(_ request: CorpusRequest, token: String?) throws -> [UInt8] {
    let port = ports[request.usesSecondPort ? 1 : 0]
    let http = backend.ports[.http] ?? 0
    let bytes = request.replacing("backend", with: "127.0.0.1:\(http)").bytes(token: token)
    guard request.usesTLS else { return try HTTP(port: port).exchange(bytes) }
    let client = ["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:\(port)"]
    return Array(try Bearerd.start(client, stdin: String(decoding: bytes, as: UTF8.self)).wait().output.utf8)
  }
}

extension Scratch {
  /// The snippets, and what else configurations include.
  /// - Parameter frozenTimeout: seconds that the snippets wait for a daemon that does not answer, if not their own.
  fileprivate func makeCorpusFiles(frozenTimeout: Int?) throws {
    try makeSnippets()
    if let frozenTimeout {
      let text = try read("snippets/bearerd-auth.conf")
      try make(
        text.replacing(/fastcgi_read_timeout \d+s/) { _ in "fastcgi_read_timeout \(frozenTimeout)s" },
        to: "snippets/bearerd-auth.conf")
    }
    for kind in ["fastcgi", "uwsgi", "scgi"] {
      let parameters = [
        "QUERY_STRING": "$query_string", "REQUEST_METHOD": "$request_method", "CONTENT_TYPE": "$content_type",
        "REQUEST_URI": "$request_uri", "DOCUMENT_URI": "$document_uri", "DOCUMENT_ROOT": "$document_root",
        "SERVER_PROTOCOL": "$server_protocol", "REMOTE_ADDR": "$remote_addr", "SERVER_NAME": "$server_name",
      ]
      try make(parameters.map { "\(kind)_param \($0) \($1);\n" }.joined(), to: "\(kind)_params")
    }
    try make("user:{PLAIN}password\n", to: "htpasswd")
  }

  /// The site's files. Those that are guarded say so.
  fileprivate func makeSite() throws {
    try? FileManager.default.removeItem(atPath: "\(path)/site")
    for (name, text) in [
      "index.html": "public index", "index.php": "public source", "maintenance.html": "sorry",
      "50x.html": "sorry", "404.html": "not found page", "public/page.html": "public page",
      "public/index.html": "public index",
      "public/include.shtml": "<!--# include virtual=\"/private/page.html\" -->",
      "private/page.html": "GUARDED page", "private/page.css": "GUARDED style",
      "private/index.html": "GUARDED index", "private/index.php": "GUARDED source",
      "private/deep/page.html": "GUARDED page", "private/list/GUARDED.txt": "GUARDED page",
    ] {
      try make("\(text)\n", to: "site/\(name)")
    }
  }

  fileprivate func guardedFiles() -> [String: String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: "\(path)/site/private")) ?? []
    return names.reduce(into: [:]) { $0[$1] = (try? read("site/private/\($1)")) ?? "" }
  }

  /// What nginx wrote into files, but for the cache of checks, which says that it holds secrets.
  fileprivate func writtenTexts() throws -> [String: String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: path)
    return names.filter { $0 != "nginx.conf" && !$0.hasPrefix("kept/") }.reduce(into: [:]) { texts, name in
      let bytes = FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data()
      texts[name] = String(decoding: bytes, as: UTF8.self)
    }
  }
}
