import Foundation
import TestSupport
import Testing

@Suite("The token file survives")
struct DurabilityTests {
  @Test("two hundred token new at once: two hundred lines, every token good", .bodyTimeLimit(minutes: 2))
  func atOnce() throws {
    let scratch = try Scratch()
    let running = try (0..<200).map { number in
      try Bearerd.start([Bearerd.path, "token", "new", "app\(number % 20)", "--tokens", scratch.tokens])
    }
    let outcomes = try running.map { try $0.wait() }
    #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.first { $0.code != 0 }?.errors ?? "")")
    #expect(Set(outcomes.map(\.line)).count == 200)
    #expect(try scratch.lines().count == 200 && scratch.names() == ["tokens"])
    #expect(try Bearerd.run("check", tokens: scratch.tokens).line == "ok: 20 applications, 200 tokens")
    for outcome in outcomes.prefix(10) {
      #expect(try Bearerd.run("token", "explain", tokens: scratch.tokens, stdin: outcome.line).code == 0)
    }
  }

  @Test("kill -9 at any moment of a write: the old file or the new, never a part", .bodyTimeLimit(minutes: 2))
  func killed() throws {
    let scratch = try Scratch()
    let filler = (0..<3000).map { "# \($0) \(String(repeating: "x", count: 60))\n" }.joined()
    try scratch.write(filler + "first \(hash("1"))\n")
    var before = try scratch.read()
    var written = 0
    // Later after a kill that came too early, and earlier after one that came too late: most come in the midst.
    var delay = 5_000.0
    for _ in 0..<100 {
      let running = try Bearerd.start([Bearerd.path, "token", "new", "ci", "--tokens", scratch.tokens])
      usleep(useconds_t(delay))
      kill(running.pid, SIGKILL)
      let outcome = try running.wait()
      let after = try scratch.read()
      if after == before {
        #expect(outcome.code == 128 + SIGKILL)
        delay *= 1.2
      } else {
        let added = after.dropFirst(before.count)
        #expect(after.hasPrefix(before))
        #expect(added.wholeMatch(of: /ci +sha256:[0-9a-f]{64}  id=\w{6} created=\S+\n/) != nil, "\(added)")
        delay /= 1.2
        written += 1
      }
      before = after
    }
    #expect(written > 0 && written < 100, "\(written) of 100 were written before the signal came")
    #expect(try Bearerd.run("token", "new", "last", tokens: scratch.tokens).code == 0)
    #expect(try scratch.names() == ["tokens"])
    #expect(try scratch.lines().count == written + 2)
  }

  @Test(
    "a full disk, a read-only one: nothing changes and the message says what to do",
    arguments: [
      (
        "head -c 60k /dev/zero > \"$1/filler\" 2> /dev/null; head -c 60k /dev/zero >> \"$1/filler\" 2> /dev/null",
        "No space left on device; free space"
      ),
      (
        "mount -o remount,ro \"$1\"",
        "Read-only file system; the file system is read-only: change the tokens at their source"
      ),
    ])
  func disk(preparation: String, message: String) throws {
    let scratch = try Scratch()
    // A mount of its own, in a namespace of its own: it is gone with the shell.
    let script = """
      mount -t tmpfs -o size=64k,mode=750 tmpfs "$1" && "$0" token new ci --tokens "$1/tokens" > "$1/secret" || exit 99
      sum=$(cksum < "$1/tokens")
      \(preparation)
      "$0" token new other --tokens "$1/tokens"
      code=$?
      rm -f "$1/filler" 2> /dev/null
      ls -A "$1"
      "$0" token explain --tokens "$1/tokens" < "$1/secret" > /dev/null || exit 98
      [ "$sum" = "$(cksum < "$1/tokens")" ] || exit 97
      exit $code
      """
    let namespace = geteuid() == 0 ? ["unshare", "-m"] : ["unshare", "-rm"]
    let outcome = try Bearerd.start(namespace + ["sh", "-c", script, Bearerd.path, scratch.path]).wait()
    #expect(outcome.code == 74, "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.output == "secret\ntokens\n", "\(outcome.output)")
  }

  @Test(
    "a directory or file of another user: nothing changes and the message says what to do",
    arguments: [
      (
        "chmod 550 .",
        "Permission denied; run this as root, or as a user who may read the file and its directory"
      ),
      ("chmod 000 tokens", "Permission denied; run this as root"),
    ])
  func notOurs(preparation: String, message: String) throws {
    let scratch = try Scratch()
    let text = "ci \(hash("1"))\n"
    try scratch.write(text)
    let script = #"cd "$1" && \#(preparation) && "$0" token new other --tokens "$1/tokens""#
    let outcome = try Bearerd.start(plainUser + ["sh", "-c", script, Bearerd.path, scratch.path]).wait()
    chmod(scratch.path, 0o750)
    chmod(scratch.tokens, 0o640)
    #expect(outcome.code == 74 && outcome.output.isEmpty)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(try scratch.read() == text && scratch.names() == ["tokens"])
  }
}
