import Foundation
import TestSupport
import Testing

@Suite("HAProxy")
struct HAProxyTests {
  /// Asks for a token's scope "write" from an address that the client makes up, as the Lua does.
  private static let intruder = """
    import socket, sys
    peer = socket.socket(socket.AF_UNIX)
    try:
        peer.connect(sys.argv[1])
    except PermissionError:
        sys.exit("no permission")
    peer.sendall(b"GET / HTTP/1.0\\r\\nAuthorization: Bearer " + sys.argv[2].encode()
        + b"\\r\\nX-Bearerd-Client: 192.0.2.1\\r\\nX-Bearerd-Scope: write\\r\\n\\r\\n")
    print(peer.recv(100))
    """

  @Test("lets no other local user name an address or a scope to bearerd")
  func socket() throws {
    let site = try WebServerSite(.haproxy)
    let path = "\(site.directory.path)/bearerd.sock"
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let names = try String(contentsOfFile: "/proc/net/unix", encoding: .utf8)
    #expect(!names.contains("@\(site.directory.path)"))
    let command = [
      "env", "PATH=/usr/bin:/bin", "python3", "-c", HAProxyTests.intruder, path, site.tokens.far,
    ]
    // What HAProxy's own user may ask, another may not.
    let own = try Bearerd.start(command).wait()
    #expect(own.output.contains("200 OK"), "\(own.errors)")
    guard geteuid() == 0 else { return }
    let other = try Bearerd.start(["setpriv", "--reuid=nobody", "--clear-groups"] + command).wait()
    #expect(other.code == 1)
    #expect(other.errors.contains("no permission") && other.output.isEmpty)
  }

  @Test("serves /.well-known/ publicly, and nothing else through it")
  func wellKnown() throws {
    let site = try WebServerSite(.haproxy)
    for path in [
      "/.well-known/acme-challenge/x", "/.well-known/ai-plugin.json", "/%2Ewell-known/x", "/.well-known/",
    ] {
      #expect(try site.http.get(path).status == 404, "\(path)")
    }
    for path in [
      "/.well-known/../private/page.html", "/.well-known/%2e%2e/private/page.html", "/.well-known/.%2E/api/x",
      "/.well-known/./x", "/.well-known//../api/x", "/.well-known/..;/api/x", "/.well-known/x/../../api/x",
      "/.well-known/..%2fapi/x", "/.well-known/.git/config", "/x/.well-known/x", "/api/.well-known/../x",
      "/.well-known\\..\\api", "/.well-known/.well-known/x", "/..well-known/x", "/.git/config", "/api/../x",
      "/%2e%2e/api/x",
    ] {
      let response = try site.http.get(path, token: site.tokens.app)
      #expect(response.status == 400, "\(path) \(response.status)")
    }
    #expect(try site.http.get("/.well-knownx/x", token: site.tokens.app).status == 400)
    #expect(try site.http.get("/api/well-known/x").status == 401)
  }
}
