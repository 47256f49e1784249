import Foundation
import TestSupport
import Testing

@Suite("bearerd cgi")
struct CGICommandTests {
  private func run(_ environment: [String], _ arguments: String...) throws -> Outcome {
    try run(environment, arguments)
  }

  private func run(_ environment: [String], _ arguments: [String]) throws -> Outcome {
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

  @Test(
    "with GATEWAY_INTERFACE only the request is answered, whatever the arguments",
    arguments: [
      [], ["token", "add", "evil"], ["token", "list"], ["token", "revoke", "app", "--yes"],
      ["token", "new", "evil"],
      ["serve", "--listen", "unix:SCRATCH/socket"], ["check"], ["status"], ["health"],
      ["doctor", "http://127.0.0.1:1/"],
      ["manifest", "verify"], ["help"], ["help", "token"], ["--help"], ["-h"], ["--version"],
      ["--experimental-dump-help"], ["--generate-completion-script", "bash"], ["--tokens", "SCRATCH/evil"],
      ["--"],
      [""], ["CGI"], ["cgi"],
    ])
  func startedByServer(arguments: [String]) throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    let evil = try Bearerd.run("token", "new", "evil", tokens: "\(scratch.path)/evil").line
    let before = try scratch.read()
    let words = arguments.map { $0.replacingOccurrences(of: "SCRATCH", with: scratch.path) }
    let ways = [words, words + ["--tokens", scratch.tokens]].filter { $0.first != "cgi" || $0.count == 1 }
    for words in ways {
      let environment = [
        "GATEWAY_INTERFACE=CGI/1.1", "BEARERD_CGI_TOKENS=\(scratch.tokens)", "REQUEST_METHOD=POST",
        "QUERY_STRING=\(words.joined(separator: "+"))",
      ]
      let answers = [("Bearer \(secret)", "Status: 200 OK\r\n"), ("Bearer \(evil)", "Status: 401 ")]
      for (authorization, status) in answers {
        let outcome = try Bearerd.start(
          ["env", "-i"] + environment + ["HTTP_AUTHORIZATION=\(authorization)", Bearerd.path] + words,
          stdin: "a-secret-of-the-client-0123456789abcdef0123456789abcdef\n"
        ).wait()
        #expect(outcome.output.hasPrefix(status), "\(words): \(outcome)")
      }
      #expect(try scratch.read() == before)
      #expect(try !scratch.names().contains("socket"))
    }
  }

  @Test(
    "every option has a variable, which only a web server's start reads; one that is not understood denies")
  func variables() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "app", "--scopes", "write", tokens: scratch.tokens).line
    let started = ["GATEWAY_INTERFACE=CGI/1.1", "HTTP_AUTHORIZATION=Bearer \(secret)"]
    let tokens = "BEARERD_CGI_TOKENS=\(scratch.tokens)"
    func status(_ environment: [String], _ arguments: String...) throws -> String {
      let outcome = try Bearerd.start(["env", "-i"] + started + environment + [Bearerd.path] + arguments)
        .wait()
      #expect(!(outcome.output + outcome.errors).contains(secret))
      return "\(outcome.output.dropFirst("Status: ".count).prefix(3))"
    }
    #expect(try status([tokens]) == "403")
    #expect(try status([tokens, "BEARERD_CGI_SCOPE=write"]) == "200")
    #expect(try status([tokens, "REDIRECT_REDIRECT_BEARERD_CGI_SCOPE=write"]) == "200")
    #expect(try status([tokens, "BEARERD_CGI_SCOPE=write", "REDIRECT_BEARERD_CGI_SCOPE=read"]) == "500")
    #expect(try status([tokens, "BEARERD_CGI_SCOPE=write"], "serve") == "200")
    #expect(
      try status([tokens, "BEARERD_CGI_SCOPE=write", "QUERY_STRING="], "cgi", "--scope", "read") == "403")
    #expect(try status(["BEARERD_CGI_SCOPE=write"]) == "500")
    for wrong in [
      "BEARERD_CGI_SCOPES=write", "BEARERD_CGI_=x", "BEARERD_CGI_SCOPE=", "BEARERD_CGI_HELP=on",
      "BEARERD_CGI_X=",
      "BEARERD_CGI_ALLOW_PREFLIGHT=off", "BEARERD_CGI_ALLOW_PREFLIGHT=1",
      "BEARERD_CGI_GENERATE_COMPLETION_SCRIPT=bash",
    ] {
      #expect(try status([tokens, "BEARERD_CGI_SCOPE=write", wrong]) == "500", "\(wrong)")
    }
    #expect(try status(["HTTP_\(tokens)", "HTTP_BEARERD_CGI_SCOPE=write"]) == "500")
    let cgi = try #require(CommandHelp.all.first { $0.name == "bearerd cgi" })
    let values = [
      "--cache-ttl": "5", "--path": "PATH_INFO", "--private": "/a/", "--public": "/",
      "--resource-metadata": "https://a.example/",
      "--tokens": scratch.tokens, "--scope": "write",
    ]
    for option in cgi.options {
      let name = option.name.dropFirst(2).uppercased().replacingOccurrences(of: "-", with: "_")
      let value = option.value.isEmpty ? "on" : values[option.name] ?? "x"
      let outcome = try Bearerd.start(
        [
          "env", "-i", started[0], tokens, "BEARERD_CGI_PRIVATE=/a/", "BEARERD_CGI_\(name)=\(value)",
          Bearerd.path,
        ]
      ).wait()
      #expect(outcome.output.hasPrefix("Status: 401 "), "\(option.name): \(outcome)")
    }
  }

  @Test("an option that cannot be meant, --help among them, is a complete 500 for a web server")
  func usageForServers() throws {
    let scratch = try Scratch()
    for arguments in [
      ["--scope", "\u{1}"], ["--nonsense"], ["surplus"], ["--help"], ["--version"], ["--private", "/"],
    ] {
      let outcome = try run(
        ["GATEWAY_INTERFACE=CGI/1.1", "QUERY_STRING="], ["cgi", "--tokens", scratch.tokens] + arguments)
      #expect(outcome.output.hasPrefix("Status: 500 Internal Server Error\r\n"), "\(arguments)")
      #expect(outcome.output.hasSuffix("\r\n\r\nError\n"))
      #expect(outcome.code == 64)
    }
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
      (["--private", "hidden"], "write /NAME/"), (["--private", "/"], "contains everything"),
      (["--public", "/a/"], "require --private"), (["--x-sendfile"], "require --private"),
      (["--private", "/a/b/", "--public", "/a/", "--path", "REDIRECT_URL"], "choose a path outside it"),
      (["--private", "/a/", "--path", "REQUEST_URI"], "REDIRECT_URL"), (["--scope", "a,b"], "a scope is"),
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
    #expect(warned.errors.contains("is inside DOCUMENT_ROOT"))
    #expect(try !run(environment, "cgi", "--tokens", scratch.tokens).errors.contains("DOCUMENT_ROOT"))
  }
}
