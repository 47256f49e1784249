import Foundation
import TestSupport
import Testing

@Suite("lighttpd and HTTP/2")
struct LighttpdHTTP2Tests {
  private static let setting = #"server.feature-flags += ( "server.h2proto" => "disable" )"#

  /// A request over TLS by a client that prefers HTTP/2: the version that it spoke, and the status.
  private func call(_ site: WebServerSite, _ port: UInt16, _ options: String...) throws -> String {
    let command = [
      "curl", "-sk", "--http2", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_version} %{http_code}",
      "-H", "@-", "https://127.0.0.1:\(port)/api/x",
    ]
    let header = "Authorization: Bearer \(site.tokens.app)\n"
    return try Bearerd.start(command + options, stdin: header).wait().output
  }

  @Test("meet in the example: it speaks HTTP/1.1, over which a body goes through")
  func disabled() throws {
    let port = try freePort()
    let site = try WebServerSite(.lighttpd, addition: .tls(port: port))
    #expect(try call(site, port) == "1.1 200")
    #expect(try call(site, port, "-d", "a=b") == "1.1 200")
    let outcome = try doctor(site, port)
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(
      try call(site, port, "-X", "PUT", "--data-binary", String(repeating: "x", count: 70_000)) == "1.1 200")
  }

  @Test("do not go together before 1.4.77: without that setting a body is answered 500, and nothing is open")
  func enabled() throws {
    let port = try freePort()
    let site = try WebServerSite(.lighttpd, omitted: LighttpdHTTP2Tests.setting, addition: .tls(port: port))
    let version = try site.http.get("/").headers("Server").first ?? ""
    let number = Int(version.split(separator: ".").last ?? "") ?? 0
    #expect(try call(site, port) == "2 200")
    let statuses = try [site.tokens.app, "unknown"].map { secret in
      try Bearerd.start(["python3", "-c", LighttpdHTTP2Tests.post, "\(port)"], stdin: secret).wait().line
    }
    #expect(statuses[0] == (number < 77 ? "500" : "200"), "\(version)")
    #expect(statuses[1] != "200", "\(version)")
    let finding = try doctor(site, port)
    #expect(finding.code == (number < 77 ? 1 : 0), "\(finding.output)")
    guard number < 77 else { return }
    #expect(finding.findings.allSatisfy { $0.hasPrefix("POST with a body over HTTP/2: ") })
    #expect(finding.output.contains("\n         -> \(LighttpdHTTP2Tests.setting)\n"), "\(finding.output)")
  }

  private func doctor(_ site: WebServerSite, _ port: UInt16) throws -> Outcome {
    try Bearerd.start([
      "env", "CURL_CA_BUNDLE=\(site.directory.path)/certificate", Bearerd.path, "doctor",
      "https://localhost:\(port)/private/page.html",
    ]).wait()
  }

  /// A POST whose body comes in one piece with the headers: curl sends it a moment later, and may be lucky.
  private static let post = """
    import socket, ssl, struct, sys

    port, secret, body = int(sys.argv[1]), sys.stdin.readline().strip(), b"a=b"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    peer = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")

    def frame(kind, flags, stream, content):
        return struct.pack("!I", len(content))[1:] + struct.pack("!BBI", kind, flags, stream) + content

    def header(name, value):
        return b"\\0" + b"".join(bytes([len(text)]) + text.encode() for text in (name, value))

    fields = {":method": "POST", ":scheme": "https", ":authority": "localhost", ":path": "/api/x",
              "authorization": "Bearer " + secret, "content-length": str(len(body))}
    head = b"".join(header(name, value) for name, value in fields.items())
    peer.sendall(b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, head) + frame(0, 1, 1, body))
    stream = peer.makefile("rb")
    while True:
        start = stream.read(9)
        content = stream.read(int.from_bytes(start[:3], "big"))
        if start[3] == 1:
            # The static table of RFC 7541 has these as one byte.
            print({0x88: 200, 0x8e: 500}.get(content[0], "other"))
            break
        if start[3] in (3, 7):
            print("closed")
            break
    """
}
