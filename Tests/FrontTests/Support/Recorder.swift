import Foundation
import TestSupport
import Testing

/// A program in bearerd's place that passes everything on to a real bearerd, and back, and keeps what the front sent.
final class Recorder {
  private let folder: Scratch
  private let bearerd: Program

  init(in folder: Scratch) throws {
    self.folder = folder
    let socket = "\(folder.path)/behind"
    bearerd = try Program([
      Bearerd.path, "serve", "--tokens", folder.tokens, "--listen", "unix:\(socket)", "--socket-mode", "0666",
    ])
    let bearerd = bearerd
    try #require(eventually { bearerd.output.contains("ready on") }, "\(bearerd.output)")
    try folder.write(Recorder.program, to: "recorder.py", mode: 0o644)
    let recordings = "\(folder.path)/recordings"
    try FileManager.default.createDirectory(atPath: recordings, withIntermediateDirectories: false)
    // A front may start it as another user.
    try #require(chmod(recordings, 0o777) == 0)
  }

  /// A shell script that goes by bearerd's arguments.
  var script: String { "exec python3 \(folder.path)/recorder.py \"$@\"\n" }

  /// What came on each connection since this was asked last.
  func take() throws -> [[UInt8]] {
    let recordings = URL(filePath: "\(folder.path)/recordings")
    return try FileManager.default.contentsOfDirectory(at: recordings, includingPropertiesForKeys: nil).map {
      file in
      defer { try? FileManager.default.removeItem(at: file) }
      return Array(try Data(contentsOf: file))
    }
  }

  private static let program = """
    import os, select, socket, sys, threading

    folder = os.path.dirname(sys.argv[0])

    def relay(peer, name):
        behind = socket.socket(socket.AF_UNIX)
        behind.connect(folder + "/behind")
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
        name = f"{folder}/recordings/{os.getpid()}-{number}"
        threading.Thread(target=relay, args=(peer, name), daemon=True).start()
    """
}
