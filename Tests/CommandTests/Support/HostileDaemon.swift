import FastCGI
import Foundation
import TestSupport
import Testing

/// What listens where a daemon should: it takes any FastCGI request and answers what it was told to, in a program of its own.
final class HostileDaemon {
  let address: ListenAddress
  private let scratch: Scratch
  private let running: Running

  /// How the answer comes.
  enum Manner: String {
    case atOnce, byteByByte, withoutEnd
  }

  /// - Parameters:
  ///   - status: of the answer.
  ///   - headers: whole lines behind the first, with their ends.
  init(
    answer: [UInt8], status: String = "200 OK", headers: String = "", manner: Manner = .atOnce
  ) throws {
    scratch = try Scratch()
    let head = Array("Status: \(status)\r\n\(headers)\r\n".utf8)
    try Data(head + answer).write(to: URL(filePath: "\(scratch.path)/answer"))
    let running = try Bearerd.start([
      "python3", "-c", HostileDaemon.program, scratch.path, manner.rawValue,
    ])
    self.running = running
    address = .unix(path: "\(scratch.path)/socket")
    try #require(eventually { running.outputSoFar == "ready\n" }, "\(running.errorsSoFar)")
  }

  deinit {
    kill(running.pid, SIGKILL)
    _ = try? running.wait()
  }

  private static let program = """
    import socket, struct, sys, threading, time

    directory, manner = sys.argv[1:]
    answer = open(directory + "/answer", "rb").read()

    def record(kind, content):
        return struct.pack("!BBHHxx", 1, kind, 1, len(content)) + content

    whole = b"".join(record(6, answer[at:at + 65535]) for at in range(0, len(answer), 65535))
    whole += record(6, b"") + record(3, bytes(8))

    def serve(peer):
        received = b""
        while not received.endswith(record(5, b"")) and not received.endswith(record(4, b"")):
            received += peer.recv(65536)
        try:
            if manner == "byteByByte":
                for byte in whole * 1000:
                    peer.sendall(bytes([byte]))
                    time.sleep(0.2)
            elif manner == "withoutEnd":
                peer.sendall(record(6, answer))
                while True:
                    peer.sendall(record(6, bytes(65535)) * 16)
            else:
                peer.sendall(whole)
        except OSError:
            pass
        peer.close()

    server = socket.socket(socket.AF_UNIX)
    server.bind(directory + "/socket")
    server.listen()
    print("ready", flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
    """
}
