import Foundation
import TestSupport
import Testing

/// A program in bearerd's place that passes everything on to a real bearerd, and back, and keeps what the web
/// server sent.
final class Recorder {
  private let directory: Scratch
  private let bearerd: Program

  init(in directory: Scratch) throws {
    self.directory = directory
    let socket = "\(directory.path)/behind"
    bearerd = try Program([
      Bearerd.path, "serve", "--tokens", directory.tokens, "--listen", "unix:\(socket)", "--socket-mode",
      "0666",
    ])
    let bearerd = bearerd
    try #require(eventually { bearerd.output.contains("ready on") }, "\(bearerd.output)")
    try directory.write(Recorder.program, to: "recorder.py", mode: 0o644)
    let recordings = "\(directory.path)/recordings"
    try FileManager.default.createDirectory(atPath: recordings, withIntermediateDirectories: false)
    // A web server may start it as another user.
    try #require(chmod(recordings, 0o777) == 0)
  }

  /// A shell script that goes by bearerd's arguments.
  var script: String { "exec python3 \(directory.path)/recorder.py \"$@\"\n" }

  /// What came on each connection since this was asked last.
  func take() throws -> [[UInt8]] {
    let recordings = URL(filePath: "\(directory.path)/recordings")
    return try FileManager.default.contentsOfDirectory(at: recordings, includingPropertiesForKeys: nil).map {
      file in
      defer { try? FileManager.default.removeItem(at: file) }
      return Array(try Data(contentsOf: file))
    }
  }

  private static let program = """
    import os, select, socket, sys, threading

    directory = os.path.dirname(sys.argv[0])

    def relay(peer, name):
        behind = socket.socket(socket.AF_UNIX)
        behind.connect(directory + "/behind")
        other = {peer: behind, behind: peer}
        while behind in other:
            for end in select.select(list(other), [], [])[0]:
                try:
                    chunk = end.recv(65536)
                    if end is peer and chunk:
                        with open(name, "ab") as file:
                            file.write(chunk)
                    other[end].sendall(chunk) if chunk else other[end].shutdown(socket.SHUT_WR)
                except OSError:
                    chunk = b""
                if not chunk:
                    del other[end]
        peer.close()

    \(Impostor.listening)
    number = 0
    while True:
        peer, _ = server.accept()
        number += 1
        name = f"{directory}/recordings/{os.getpid()}-{number}"
        threading.Thread(target=relay, args=(peer, name), daemon=True).start()
    """
}
