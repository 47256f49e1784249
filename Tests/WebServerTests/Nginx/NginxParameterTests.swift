import Testing

@Suite("nginx tells")
struct NginxParameterTests {
  @Test("bearerd what it must know, and none of the rest that the client sent")
  func question() throws {
    let site = try NginxSite()
    site.bearerd.stop()
    let recorder = try FastCGIBackend(socket: "\(site.directory.path)/socket")
    let lines = [
      "Authorization: Bearer x", "Cookie: session=1", "Bearerd-Scope: read", "Bearerd-Application: root",
      "Content-Type: text/plain", "Content-Length: 4", "Redirect-HTTP-Authorization: y",
    ]
    let response = try site.http.request(
      "POST", "/api/write/x?query=1", lines: lines.map { Array($0.utf8) } + [Array("\r\nbody".utf8)])
    #expect(response.status == 200)
    #expect(
      recorder.lastParameters == [
        "BEARERD_SCOPE=write", "HTTP_AUTHORIZATION=Bearer x", "REMOTE_ADDR=127.0.0.1", "REQUEST_METHOD=POST",
        "REQUEST_URI=/api/write/x?query=1",
      ])
    _ = try site.http.get("/private/page.html")
    #expect(
      recorder.lastParameters == [
        "HTTP_AUTHORIZATION=", "REMOTE_ADDR=127.0.0.1", "REQUEST_METHOD=GET",
        "REQUEST_URI=/private/page.html",
      ])
    // Nothing is read of headers that the location does not name.
    _ = try site.http.get(
      "/private/page.html", "X-API-Key: x", "Bearerd-Token: x", "Bearerd-Accept: bearer basic")
    #expect(!recorder.lastParameters.contains { $0.hasPrefix("BEARERD_") })
  }

  @Test("a FastCGI backend the application, and not the secret; a client cannot claim another one")
  func backend() throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          location ^~ /app/ {
            include snippets/bearerd-guard.conf;
            location ~ \\.php$ {
              include /etc/nginx/fastcgi_params;
              include snippets/bearerd-fastcgi.conf;
              fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
              fastcgi_pass unix:DIRECTORY/php.sock;
            }
          }
          """))
    let backend = try FastCGIBackend(socket: "\(site.directory.path)/php.sock")
    let secret = try site.token("app")
    #expect(try site.http.get("/app/index.php").status == 401)
    #expect(backend.lastParameters == [])
    let response = try site.http.get(
      "/app/index.php?a=b", token: secret, "Bearerd-Application: root", "Cookie: session=1")
    #expect(response.status == 200)
    let seen = backend.lastParameters
    #expect(seen.contains("BEARERD_APPLICATION=app"))
    #expect(seen.contains { $0.hasPrefix("BEARERD_KEY=") && $0.count > 12 })
    #expect(seen.contains("HTTP_COOKIE=session=1"))
    #expect(seen.contains("SCRIPT_FILENAME=\(site.directory.path)/site/app/index.php"))
    #expect(!seen.contains { $0.hasPrefix("HTTP_AUTHORIZATION") })
    #expect(!seen.joined().contains(secret))
  }
}
