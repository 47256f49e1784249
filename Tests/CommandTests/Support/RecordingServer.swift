import Foundation
import TestSupport
import Testing

/// A TCP server on all loopback addresses that keeps every byte it gets and gives one answer to each request.
/// It ends with the object.
final class RecordingServer {
  let port: UInt16
  private let scratch: Scratch
  private let running: Running

  /// A 401 as bearerd gives it.
  static let denial =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"x\"\r\nContent-Length: 0\r\n\r\n"

  /// - Parameter answer: escapes of Python's byte strings are understood in it, such as `\\x1b`.
  init(answer: String = RecordingServer.denial) throws {
    scratch = try Scratch()
    try scratch.write("", to: "received")
    try scratch.write(answer, to: "answer")
    let running = try Bearerd.start(["python3", "-c", RecordingServer.program, scratch.path])
    self.running = running
    try #require(eventually { running.outputSoFar.hasSuffix("\n") }, "\(running.errorsSoFar)")
    port = try #require(UInt16(running.outputSoFar.trimmingCharacters(in: .newlines)))
  }

  deinit {
    kill(running.pid, SIGKILL)
    _ = try? running.wait()
  }

  /// Everything that came, on all connections.
  var received: String {
    let bytes = FileManager.default.contents(atPath: "\(scratch.path)/received") ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A port without a listener.
  static func freePort() throws -> UInt16 {
    let program = "import socket; s = socket.create_server(('0.0.0.0', 0)); print(s.getsockname()[1])"
    return try #require(UInt16(try Bearerd.start(["python3", "-c", program]).wait().line))
  }

  /// An IPv4 address of this machine that is not loopback; nil if it has none.
  static func networkAddress() throws -> String? {
    let addresses = try Bearerd.start(["hostname", "-I"]).wait().line.split(separator: " ")
    return addresses.first { $0.contains(".") }.map(String.init)
  }

  private static let program = """
    import socket, sys, threading

    directory = sys.argv[1]
    answer = open(directory + "/answer", "rb").read().decode("unicode_escape").encode("latin-1")
    server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    print(server.getsockname()[1], flush=True)

    def serve(peer):
        request = b""
        while True:
            chunk = peer.recv(65536)
            if not chunk:
                return peer.close()
            with open(directory + "/received", "ab") as file:
                file.write(chunk)
            request += chunk
            if b"\\r\\n\\r\\n" in request:
                request = b""
                try:
                    peer.sendall(answer)
                except OSError:
                    return

    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
    """
}
