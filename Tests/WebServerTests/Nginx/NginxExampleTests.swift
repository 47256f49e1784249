import Foundation
import TestSupport
import Testing

/// nginx/example.conf as it is, but for the addresses and paths that this machine lends it.
@Suite("The example for nginx")
struct NginxExampleTests {
  @Test("passes nginx -t without a warning, and does over TLS what its comments say")
  func site() throws {
    let directory = try Scratch()
    let port = try freePort()
    let plainPort = try freePort()
    let backend = try Backend()
    try directory.makeCertificate(for: "api.example.com")
    try directory.makeSnippets()
    try directory.make("public\n", to: "site/index.html")
    try directory.make("protected\n", to: "site/files/a.html")
    try directory.make("<?php", to: "site/app/a.php")
    let changes = [
      ("listen 443 ssl", "listen 127.0.0.1:\(port) ssl"), ("listen 80", "listen 127.0.0.1:\(plainPort)"),
      ("/etc/ssl/certs/api.example.com.pem", "\(directory.path)/certificate"),
      ("/etc/ssl/private/api.example.com.key", "\(directory.path)/key"),
      ("/var/www/site", "\(directory.path)/site"),
      ("/var/log/nginx/access.log", "\(directory.path)/access.log"),
      ("http://127.0.0.1:8080", "http://127.0.0.1:\(backend.port)"),
      ("include fastcgi_params", "include /etc/nginx/fastcgi_params"),
      ("/run/php/php-fpm.sock", "\(directory.path)/php.sock"),
    ]
    let example = try changes.reduce(directory.read("snippets/example.conf")) { text, change in
      try #require(text.contains(change.0))
      return text.replacingOccurrences(of: change.0, with: change.1)
    }
    try directory.make(example, to: "example.conf")
    let main = NginxConfiguration.main(http: "include example.conf;")
    try directory.make(main.replacingOccurrences(of: "DIRECTORY", with: directory.path), to: "nginx.conf")

    let nginx = NginxSite.command(in: directory)
    let test = try Bearerd.start(nginx + ["-t"]).wait()
    #expect(test.code == 0)
    #expect(!test.errors.contains("[warn]") && !test.errors.contains("[emerg]"), "\(test.errors)")

    try directory.write("# none yet\n")
    let secret = try Bearerd.run("token", "new", "app", tokens: directory.tokens).line
    let reader = try Bearerd.run("token", "new", "reader", "--scopes", "read", tokens: directory.tokens).line
    let other = try Bearerd.run("token", "new", "other", tokens: directory.tokens).line
    let bearerd = try NginxSite.serve(directory)
    let server = try Program(nginx)
    let php = try FastCGIBackend(socket: "\(directory.path)/php.sock")
    defer { _ = (bearerd, server) }

    func call(_ path: String, _ token: String? = nil, _ options: String...) throws -> String {
      let header = token.map { "Authorization: Bearer \($0)" } ?? "X-None: x"
      return try Bearerd.start(
        [
          "curl", "-s", "--max-time", "5", "-w", "%{http_code}", "-H", "@-", "--cacert",
          "\(directory.path)/certificate", "--connect-to", "api.example.com:443:127.0.0.1:\(port)",
          "https://api.example.com\(path)",
        ] + options, stdin: header + "\n"
      ).wait().output
    }
    try #require(eventually { (try? call("/")) == "public\n200" }, "\(server.output)")
    #expect(try call("/files/a.html").hasSuffix("401"))
    #expect(try call("/files/a.html", secret) == "protected\n200")
    #expect(try call("/api/x", secret).contains("X-Bearerd-Application: app"))
    #expect(try call("/api/x", reader).hasSuffix("403"))
    #expect(try call("/api/write/x", secret).hasSuffix("200"))
    #expect(try call("/index.html").hasSuffix("401"))
    #expect(try call("/nothing").hasSuffix("401"))
    #expect(try call("/.well-known/x").hasSuffix("404"))
    #expect(try call("/status", nil, "-H", "X-Bearerd-Application: root").hasSuffix("200"))
    #expect(!(try call("/status", nil, "-H", "X-Bearerd-Application: root").contains("root")))
    // By method.
    #expect(try call("/records/x", reader).hasSuffix("200"))
    #expect(try call("/records/x", reader, "-X", "DELETE").hasSuffix("403"))
    #expect(try call("/records/x", secret, "-X", "DELETE").hasSuffix("200"))
    // By application.
    #expect(try call("/limited/x").hasSuffix("401"))
    #expect(try call("/limited/[1-60]", secret).contains("429"))
    #expect(try call("/limited/x", other).contains("X-Bearerd-Application: other"))
    #expect(
      try call("/browser/x", nil, "-X", "OPTIONS", "-D", "/dev/stdout").contains("https://app.example.com"))
    #expect(try call("/browser/x").hasSuffix("401"))
    #expect(try call("/app/a.php").hasSuffix("401"))
    #expect(php.lastParameters == [])
    #expect(try call("/app/a.php", secret).contains("BEARERD_APPLICATION=app"))
    #expect(try HTTP(port: plainPort).get("/files/a.html", token: secret).status == 403)
    #expect(try directory.read("access.log").contains("- app ["))
  }
}
