/// A program in bearerd's place that takes any request, whatever it holds, and gives one answer.
enum Impostor: String, CaseIterable, CustomStringConvertible {
  case allows = "a complete 200"
  case saysNothing = "END_REQUEST alone"
  case closes = "a closed connection"
  case omitsStatus = "headers without a status"
  case omitsHeaders = "an empty header block"
  case cutsHeaders = "headers without their end"
  case complains = "an error on stderr only"
  case isOverloaded = "END_REQUEST, overloaded"

  var description: String { rawValue }

  /// A shell script that goes by bearerd's arguments: what bearerd is to a site, this can be.
  var script: String {
    """
    exec python3 -c '\(Impostor.program(answering: answer))' "$@"

    """
  }

  /// A Python program that listens where bearerd would, by bearerd's arguments, and gives one answer.
  /// - Parameter answer: records as `(type, content)`, each with a comma behind it.
  static func program(answering answer: String) -> String {
    program.replacingOccurrences(of: "ANSWER", with: answer)
  }

  /// What `send` is given: a record's type and its content.
  private var answer: String {
    switch self {
    case .allows: #"(6, b"Status: 200 OK\r\nVariable-BEARERD_APPLICATION: x\r\n\r\n"), (6, b""), end(0)"#
    case .saysNothing: "end(0),"
    case .closes: ""
    case .omitsStatus: #"(6, b"Variable-BEARERD_APPLICATION: x\r\n\r\n"), (6, b""), end(0)"#
    case .omitsHeaders: #"(6, b"\r\n\r\n"), (6, b""), end(0)"#
    case .cutsHeaders: #"(6, b"Variable-BEARERD_APPL"), (6, b""), end(0)"#
    case .complains: #"(7, b"out of memory"), end(0)"#
    case .isOverloaded: "end(2),"
    }
  }

  /// Listens where bearerd would, by bearerd's arguments.
  static let listening = """
    words = sys.argv[1:]
    if "--listen" in words:
        address = words[words.index("--listen") + 1]
        if address.startswith("unix:"):
            server = socket.socket(socket.AF_UNIX)
            server.bind(address[5:])
        else:
            server = socket.create_server(("127.0.0.1", int(address.split(":")[1])))
        server.listen()
    else:
        server = socket.socket(fileno=0)
    print("ready on", file=sys.stderr, flush=True)
    """

  private static let program = """
    import socket, struct, sys

    def end(status):
        return (3, struct.pack("!IB3x", 0, status))

    def whole(received):
        # An Authorizer sends no more than its parameters.
        at = role = 0
        while len(received) >= at + 8:
            kind, number, length, padding = struct.unpack("!xBHHBx", received[at:at + 8])
            if kind == 1:
                role = received[at + 9]
            if length == 0 and kind == (4 if role == 2 else 5):
                return number
            at += 8 + length + padding

    \(Impostor.listening)
    while True:
        peer, _ = server.accept()
        received, number = b"", None
        while number is None:
            chunk = peer.recv(65536)
            received += chunk
            number = whole(received) if chunk else 0
        for kind, content in [ANSWER]:
            peer.sendall(struct.pack("!BBHHxx", 1, kind, number, len(content)) + content)
        peer.close()
    """
}
