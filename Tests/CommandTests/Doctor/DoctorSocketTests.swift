import Foundation
import TestSupport
import Testing

@Suite("bearerd doctor of a socket")
struct DoctorSocketTests {
  private func doctor(_ arguments: String..., stdin: String = "") throws -> Outcome {
    try Bearerd.start([Bearerd.path, "doctor"] + arguments, stdin: stdin).wait()
  }

  /// A daemon whose socket web servers may use.
  private func service(_ options: String...) throws -> Service {
    let scratch = try Scratch()
    try scratch.write("")
    return try Service(
      "--socket-mode", options.first ?? "0660", "--socket-owner", webServer, scratch: scratch)
  }

  /// Who web servers run as on this machine, where we may give a file to them.
  private var webServer: String { geteuid() == 0 && getpwnam("www-data") != nil ? ":www-data" : "" }

  @Test("finds nothing wrong with a daemon")
  func well() throws {
    let service = try service()
    try service.waits(for: "ready on")
    let secret = try Bearerd.run("token", "new", "ci", tokens: service.scratch.tokens).line
    #expect(try eventually { try service.status(secret) == 200 })
    let outcome = try doctor(service.address.description, "--token-stdin", stdin: secret)
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.output.hasPrefix("\(service.address)\n  ok     "))
    #expect(outcome.output.contains("ok     without a token: 401, Bearer realm=\"bearerd\"\n"))
    #expect(outcome.output.contains("ok     with a wrong token: 401, error=\"invalid_token\"\n"))
    #expect(outcome.output.contains("ok     health check: ready\n"))
    #expect(outcome.output.contains("as a Responder (nginx): 200, ci "))
    #expect(outcome.output.contains("as an Authorizer (lighttpd): 200, ci "))
    #expect(outcome.output.hasSuffix("All is well.\n") && !outcome.output.contains(secret))
    let without = try doctor(service.address.description)
    #expect(without.code == 0 && without.output.contains("note   no valid token was tried"))
  }

  @Test("checks the scope that is given")
  func scope() throws {
    let service = try service()
    try service.waits(for: "ready on")
    let secret = try Bearerd.run("token", "new", "ci", "--scopes", "read", tokens: service.scratch.tokens)
      .line
    #expect(try eventually { try service.status(secret, scope: "read") == 200 })
    let address = service.address.description
    #expect(try doctor(address, "--token-stdin", "--scope", "read", stdin: secret).code == 0)
    let other = try doctor(address, "--token-stdin", "--scope", "write", stdin: secret)
    #expect(
      other.code == 1 && other.output.contains("-> bearerd token new APP --scopes write\n"), "\(other.output)"
    )
    let unknown = try doctor(address, "--token-stdin", stdin: "b7b07e0a1c3ad5f29c84d6e1f05e3a92")
    #expect(unknown.code == 1 && unknown.output.contains("401, error=\"invalid_token\"\n"))
    #expect(unknown.output.contains("-> bearerd token explain --from 127.0.0.1 <TOKEN"))
  }

  @Test("finds a socket that every user may connect to")
  func mode() throws {
    let service = try service("0666")
    try service.waits(for: "ready on")
    let outcome = try doctor(service.address.description)
    #expect(outcome.code == 1)
    #expect(
      outcome.output.contains(
        """
          wrong  the socket's mode is 0666
                 all users of this machine can try tokens there, bypassing the web server's limits
                 -> bearerd serve --socket-mode 0660 --socket-owner :www-data

        """), "\(outcome.output)")
  }

  @Test("detects a missing daemon, another program, and one that does not answer", .bodyTimeLimit(minutes: 1))
  func others() throws {
    let service = try service()
    try service.waits(for: "ready on")
    let path = service.scratch.path
    let missing = try doctor("unix:\(path)/none")
    #expect(missing.code == 1)
    #expect(
      missing.output.contains("No such file or directory\n         -> start it: bearerd serve --listen unix:")
    )

    let other = try Other(socket: "\(path)/other")
    defer { other.stop() }
    try #require(eventually(seconds: 10) { FileManager.default.fileExists(atPath: "\(path)/other") })
    let stranger = try doctor("unix:\(path)/other")
    #expect(
      stranger.code == 1 && stranger.output.contains("not bearerd"), "\(stranger.output)")
    other.stop()
    let stale = try doctor("unix:\(path)/other")
    #expect(
      stale.output.contains(
        "Connection refused\n         -> nothing listens any more; start it: bearerd serve"))

    kill(service.running.pid, SIGSTOP)
    let stopped = try doctor(service.address.description)
    kill(service.running.pid, SIGCONT)
    #expect(stopped.code == 1)
    #expect(
      stopped.output.contains("it accepts the request and does not answer: suspended"), "\(stopped.output)")
  }

  @Test("refuses what it cannot look at, and never repeats a secret")
  func usage() throws {
    for (arguments, message) in [
      ([], "Missing expected argument"), (["ftp://example.com/"], "this is not a URL"),
      (["9000"], "is a bare port"),
      (["systemd"], "use unix:/PATH or HOST:PORT"), (["fd:3"], "use unix:/PATH or HOST:PORT"),
      (["unix:run/x"], "is not absolute"), (["http://a.example/", "--scope", "x"], "--scope is for sockets"),
      (["unix:/x", "--public", "/a"], "--public, --origin, --connect-to and --nginx are for sites"),
      (["unix:/x", "--nginx"], "--public, --origin, --connect-to and --nginx are for sites"),
      (["unix:/x", "--scope", "a,b"], "a scope must be"),
      (["http://a.example/", "--public", "a"], "a path must begin with a slash"),
      (["http://a.example/", "--origin", "a"], "--origin must be a URL"),
      (["http://a.example/", "--connect-to", "a"], "--connect-to: \"a\" is not a valid address"),
      (["http://a.example/", "--connect-to", "unix:/a"], "--connect-to must be HOST:PORT or [IPV6]:PORT"),
      (
        ["http://a.example/", "brd_00000000000000000000000000000000000000000002CZclj"],
        "one argument too many"
      ),
      (
        ["http://localhost:1/", "--token-stdin"],
        "a token that is valid for this URL is expected on standard input"
      ),
    ] {
      let outcome = try Bearerd.start([Bearerd.path, "doctor"] + arguments).wait()
      #expect(outcome.code == 64 && outcome.errors.contains(message), "\(arguments) \(outcome.errors)")
      #expect(!outcome.errors.contains("brd_"))
    }
    let outcome = try doctor("http://localhost:1/", "--token-stdin", stdin: "a secret")
    #expect(outcome.code == 64 && !outcome.errors.contains("a secret"))
    let without = try Bearerd.start(["env", "PATH=/nowhere", Bearerd.path, "doctor", "http://localhost:1/"])
      .wait()
    #expect(without.code == 69 && without.errors == "bearerd: curl is not installed: apt-get install curl\n")
  }

  /// A program that is no bearerd.
  private final class Other {
    private let running: Running
    private var isStopped = false

    init(socket: String) throws {
      let program = """
        import socket, sys
        server = socket.socket(socket.AF_UNIX)
        server.bind(sys.argv[1])
        server.listen()
        while True:
            peer, _ = server.accept()
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
            peer.close()
        """
      running = try Bearerd.start(["python3", "-c", program, socket])
    }

    func stop() {
      guard !isStopped else { return }
      isStopped = true
      kill(running.pid, SIGKILL)
      _ = try? running.wait()
    }
  }
}
