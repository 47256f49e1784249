import Foundation
import TestSupport
import Testing

@Suite("bearerd token new and add")
struct MakingTests {
  @Test("new prints the token once, alone on stdout, and keeps its hash with what restricts it")
  func new() throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.run(
      "token", "new", "openai", "--expires", "90d", "--not-before", "2026-01-01", "--scopes", "read,write",
      "--from",
      "192.0.2.0/24,::1", tokens: scratch.tokens)
    #expect(outcome.code == 0)
    #expect(outcome.output.wholeMatch(of: /brd_[0-9A-Za-z]{49}\n/) != nil)
    #expect(!outcome.errors.contains(outcome.line))
    #expect(outcome.errors.contains("and expires on ") && outcome.errors.contains("(in 90 days)"))
    let line = try #require(scratch.lines().first)
    let shape =
      #"openai          sha256:[0-9a-f]{64}  id=[a-z0-9]{6} created=\S+Z not-before=2026-01-01T00:00:00Z "#
      + #"expires=\S+Z scopes=read,write from=192\.0\.2\.0/24,::1"#
    #expect(line.range(of: "^\(shape)$", options: .regularExpression) != nil, "\(line)")
    #expect(try !scratch.read().contains(outcome.line))
    #expect(try scratch.names() == ["tokens"])
  }

  @Test("new makes another token each time")
  func different() throws {
    let scratch = try Scratch()
    let secrets = try (0..<5).map { _ in try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line }
    #expect(Set(secrets).count == 5)
    #expect(try scratch.lines().count == 5)
  }

  @Test("new in a directory makes the application's own file")
  func directory() throws {
    let scratch = try Scratch()
    #expect(try Bearerd.run("token", "new", "ci", tokens: scratch.path).code == 0)
    #expect(try scratch.names() == ["ci.tokens"])
  }

  @Test(
    "new and rotate whose token could not be shown change nothing",
    arguments: [
      (">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"), ("| true", "Broken pipe"),
    ], [["new"], ["rotate"], ["rotate", "--keep", "0"]])
  func unread(output: (redirection: String, message: String), command: [String]) throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) id=k1\n")
    let before = try scratch.read()
    // A pipe must have lost its reader first. Its status is that of the command, not of the reader.
    let script =
      #"run() { sleep 0.3; tokens=$1; shift; "$0" token "$@" ci --tokens "$tokens"; echo $? >"$tokens.code"; }; "#
      + #"run "$@" \#(output.redirection)"#
    let outcome = try Bearerd.start(["sh", "-c", script, Bearerd.path, scratch.tokens] + command).wait()
    #expect(try scratch.read("tokens.code") == "74\n")
    #expect(
      outcome.errors == "bearerd: cannot write output: \(output.message); nothing was changed\n",
      "\(outcome.errors)")
    #expect(try scratch.read() == before)
    #expect(try scratch.names() == ["tokens", "tokens.code"])
  }

  /// Creates a token whose output is not read until the file has changed.
  private func newWhileBlocked(_ scratch: Scratch, thenWriting line: String) throws -> Outcome {
    let script = """
      import os, subprocess, sys, time
      directory, line = sys.argv[2:]
      tokens = directory + "/tokens"
      reader, writer = os.pipe()
      os.set_blocking(writer, False)
      try:
          while True: os.write(writer, b"x")
      except BlockingIOError: pass
      os.set_blocking(writer, True)
      before = open(tokens).read()
      process = subprocess.Popen([sys.argv[1], "token", "new", "ci", "--tokens", tokens], stdout=writer)
      os.close(writer)
      while not [name for name in os.listdir(directory) if name.startswith(".tokens.")]: time.sleep(0.01)
      time.sleep(0.3)
      assert open(tokens).read() == before, "valid before it was shown"
      with open(tokens, "a") as file: file.write(line)
      print(b"".join(iter(lambda: os.read(reader, 65536), b"")).decode().lstrip("x"), end="")
      sys.exit(process.wait())
      """
    return try Bearerd.start(["python3", "-c", script, Bearerd.path, scratch.path, line]).wait()
  }

  @Test("new is valid only after the token was shown, and begins anew if the file was changed until then")
  func shownFirst() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) id=k1\n")
    let outcome = try newWhileBlocked(scratch, thenWriting: "other \(hash("2"))\n")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try scratch.lines().count == 3 && scratch.names() == ["tokens"])
    #expect(try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: outcome.line).code == 0)
  }

  @Test("new says that the token it has shown is not valid, if the file could not be changed after all")
  func shownInVain() throws {
    let scratch = try Scratch()
    try scratch.write("ci \(hash("1")) id=k1\n")
    let outcome = try newWhileBlocked(scratch, thenWriting: "nonsense\n")
    #expect(outcome.code == 78 && outcome.line.hasPrefix("brd_"))
    #expect(outcome.errors.contains("The token that was just shown is not valid"), "\(outcome.errors)")
    #expect(try scratch.lines() == ["ci \(hash("1")) id=k1", "nonsense"])
  }

  @Test(
    "add keeps the hash of a token from elsewhere, with or without a line end", arguments: ["", "\n", "\r\n"])
  func add(end: String) throws {
    let scratch = try Scratch()
    let secret = "b7b07e0a1c3ad5f29c84d6e1f05e3a92"
    let outcome = try Bearerd.run(
      "token", "add", "ci", "--scopes", "read", tokens: scratch.tokens, stdin: secret + end)
    #expect(outcome.code == 0 && outcome.output.isEmpty && !outcome.errors.contains(secret))
    // From sha256sum.
    let hash = "sha256:a8dd656eb7ffe30a590769ca14fe06e6ae0169a73fa44a0b04ad5d337a79ff62"
    #expect(try scratch.read().contains(hash))
    #expect(
      try Bearerd.run("token", "explain", "--scope", "read", tokens: scratch.tokens, stdin: secret).code == 0)
  }

  @Test(
    "add takes a token that only BEARERD_TOKEN can carry, and says so without showing any of it",
    arguments: ["p@ss:Zr8pX1vQm7nKcT2yWdJ5!", "Zr8pX1vQm7nKcT2yWdJ5=x", "{\"key\":\"Zr8pX1vQm7nKcT2yWdJ5\"}"])
  func visible(secret: String) throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.run("token", "add", "hook", tokens: scratch.tokens, stdin: secret)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("only BEARERD_TOKEN can carry it"))
    #expect(!outcome.errors.contains(secret) && !outcome.errors.contains("Zr8p"))
    let explained = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: secret)
    #expect(explained.code == 0 && explained.errors.contains("Only BEARERD_TOKEN can carry this token"))
    let header = try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: "Bearer \(secret)")
    #expect(header.code == 1 && header.output.hasPrefix("deny: malformed"))
    #expect(!(explained.output + explained.errors + header.output + header.errors).contains("Zr8p"))
  }

  @Test("add does not speak of BEARERD_TOKEN if Bearer can carry the token")
  func token68() throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.run(
      "token", "add", "ci", tokens: scratch.tokens, stdin: "b7b07e0a1c3ad5f29c84d6e1f05e3a92==")
    #expect(outcome.code == 0 && !outcome.errors.contains("BEARERD_TOKEN"))
  }

  @Test(
    "add refuses what can be guessed, cannot be sent, or is nothing",
    arguments: [
      ("hunter2", 1, "this token can be guessed: it has an estimated 0 bits, and 112 are needed"),
      ("x7KpQ2mVt9", 1, "this token can be guessed: it has an estimated 59 bits, and 112 are needed"),
      ("correct-horse-battery-staple-correct-horse", 1, "this token can be guessed"),
      ("00000000-0000-0000-0000-000000000000", 1, "this token can be guessed"),
      ("b7b07e0a1c3ad5f2 9c84d6e1f05e3a92", 1, "no request can carry this token"),
      ("Bearer b7b07e0a1c3ad5f29c84d6e1f05e3a92", 1, "no request can carry this token"),
      ("caf\u{e9}b7b07e0a1c3ad5f29c84d6e1f05e3a92", 1, "no request can carry this token"),
      ("p@ss:" + String(repeating: "Zr8pX1vQm7nKcT2yWdJ5", count: 205), 1, "no request can carry this token"),
      (
        "brd_00000000000000000000000000000000000000000002CZclk", 1,
        "with a typing error: its checksum is wrong"
      ),
      (
        String(repeating: "Zr8pX1vQm7nKcT2yWdJ5", count: 500), 1, "too long for an Authorization header of"
      ),
      (String(repeating: "Zr8pX1vQm7nKcT2yWdJ5", count: 900), 1, "standard input is longer than any token"),
      ("", 64, "the token to add is expected on standard input"),
      ("\n", 64, "the token to add is expected on standard input"),
      ("b7b07e0a1c3ad5f29c84d6e1f05e3a92\nx\n", 64, "but there are several lines"),
    ] as [(String, Int32, String)])
  func refuses(secret: String, code: Int32, message: String) throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.run("token", "add", "ci", tokens: scratch.tokens, stdin: secret)
    #expect(outcome.code == code)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(secret.count < 2 || !outcome.errors.contains(secret))
    #expect(try scratch.names().isEmpty)
  }

  @Test("add accepts what services issue: a random UUID")
  func uuid() throws {
    let scratch = try Scratch()
    let secret = "9b2f8c1e-4d5a-4f6b-8a7c-3e2d1f0a9b8c"
    let outcome = try Bearerd.run("token", "add", "ci", tokens: scratch.tokens, stdin: secret)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: secret).code == 0)
  }

  @Test("add takes a weak token where it must, but none that cannot be sent or that the file could not hold")
  func force() throws {
    let scratch = try Scratch()
    #expect(
      try Bearerd.run("token", "add", "ci", "--force", tokens: scratch.tokens, stdin: "hunter-77").code == 0)
    #expect(try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: "hunter-77").code == 0)
    let known = try Bearerd.run("token", "add", "ci", "--force", tokens: scratch.tokens, stdin: "hunter2")
    #expect(known.code == 1 && known.errors.contains("a token file must not contain"), "\(known.errors)")
    #expect(try Bearerd.run("token", "add", "ci", "--force", tokens: scratch.tokens, stdin: "a b").code == 1)
  }

  @Test("add names the line of a token that is there already")
  func known() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    let before = try scratch.read()
    let outcome = try Bearerd.run("token", "add", "other", tokens: scratch.tokens, stdin: secret)
    #expect(outcome.code == 1)
    #expect(outcome.errors == "bearerd: this token already exists: \(scratch.tokens):5, for ci\n")
    #expect(try scratch.read() == before)
  }
}
