import Foundation
import Testing

@Suite("bearerd cgi")
struct CGICommandTests {
  private func run(_ environment: [String], _ arguments: String...) throws -> Outcome {
    try Bearerd.start(["env", "-i"] + environment + [Bearerd.path] + arguments).wait()
  }

  @Test("answers on standard output, and by its exit code")
  func answers() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let good = "HTTP_AUTHORIZATION=Bearer \(secret)"
    let allowed = try run([good], "cgi", "--tokens", scratch.tokens)
    #expect(allowed.code == 0)
    #expect(allowed.output.hasPrefix("Status: 200 OK\r\nX-Bearerd-Application: app\r\n"))
    #expect(allowed.errors == "")
    let denied = try run(
      ["HTTP_AUTHORIZATION=Bearer \(secret)x", "REMOTE_ADDR=192.0.2.7", "REQUEST_URI=/private/a?b"],
      "cgi", "--tokens", scratch.tokens, "--realm", "files")
    #expect(denied.code == 1)
    #expect(
      denied.output.hasPrefix("Status: 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"files\", error="))
    #expect(denied.errors.contains("denied client=192.0.2.7"))
    #expect(denied.errors.contains("uri=/private/a\n"))
    #expect(!(allowed.output + allowed.errors + denied.output + denied.errors).contains(secret))
    let missing = try run([good], "cgi", "--tokens", "\(scratch.path)/none")
    #expect(missing.code == 74)
    #expect(missing.output.hasPrefix("Status: 500 Internal Server Error\r\n"))
  }

  @Test("is what a web server starts that names no subcommand")
  func startedByServer() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let environment = ["GATEWAY_INTERFACE=CGI/1.1", "HTTP_AUTHORIZATION=Bearer \(secret)"]
    #expect(try run(environment, "--tokens", scratch.tokens).output.hasPrefix("Status: 200 OK\r\n"))
    #expect(try run(environment, "check", "--tokens", scratch.tokens).output.hasPrefix("ok: "))
    #expect(try run(Array(environment.dropFirst()), "--tokens", scratch.tokens).code == 64)
  }

  @Test(
    "reads a body that it has no use for, since a socket with an unread one would take the answer with it")
  func body() throws {
    let scratch = try Scratch()
    _ = try Bearerd.run("token", "new", "app", tokens: scratch.tokens)
    // As Apache's mod_cgid does it: one socket is standard input and output.
    let server = """
      import socket, subprocess, sys
      ours, theirs = socket.socketpair()
      ours.sendall(b"a" * 50_000)
      program = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs)
      theirs.close()
      print(ours.recv(10_000).decode())
      ours.shutdown(socket.SHUT_WR)
      print(program.wait(), ours.recv(1))
      """
    for variable in ["CONTENT_LENGTH=50000", "HTTP_TRANSFER_ENCODING=chunked"] {
      let outcome = try Bearerd.start(
        [
          "python3", "-c", server, "env", variable, "REQUEST_METHOD=POST", Bearerd.path, "cgi", "--tokens",
          scratch.tokens,
        ]
      ).wait()
      #expect(outcome.output.hasPrefix("Status: 401 Unauthorized\r\n"), "\(outcome)")
      #expect(outcome.output.hasSuffix("\n1 b''\n"))
    }
  }

  @Test("refuses settings that cannot be meant with 64 and no answer, which no web server takes for one")
  func usage() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    for (arguments, message) in [
      (["--private", "hidden"], "write /NAME/"), (["--private", "/"], "is everything"),
      (["--public", "/a/"], "say with --private"), (["--x-sendfile"], "say with --private"),
      (["--private", "/a/b/", "--public", "/a/", "--path", "REDIRECT_URL"], "put it beside that"),
      (["--private", "/a/", "--path", "REQUEST_URI"], "REDIRECT_URL"), (["--scope", "W"], "a scope is"),
      (["--realm", "a\nb"], "printable ASCII"), (["surplus"], "Unexpected argument"),
    ] {
      let outcome = try Bearerd.start(
        ["env", "HTTP_AUTHORIZATION=Bearer \(secret)", Bearerd.path, "cgi", "--tokens", scratch.tokens]
          + arguments
      ).wait()
      #expect(outcome.code == 64, "\(arguments)")
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test("warns of tokens among the files that the web server gives away")
  func published() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/site", withIntermediateDirectories: true)
    let inside = "\(scratch.path)/site/tokens"
    let secret = try Bearerd.run("token", "new", "app", tokens: inside).line
    _ = try Bearerd.run("token", "new", "app", tokens: scratch.tokens)
    let environment = ["DOCUMENT_ROOT=\(scratch.path)/x/../site", "HTTP_AUTHORIZATION=Bearer \(secret)"]
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/x", withIntermediateDirectories: true)
    let warned = try run(environment, "cgi", "--tokens", inside)
    #expect(warned.code == 0)
    #expect(warned.errors.contains("lies where the web server's files are"))
    #expect(try !run(environment, "cgi", "--tokens", scratch.tokens).errors.contains("web server's files"))
  }
}
