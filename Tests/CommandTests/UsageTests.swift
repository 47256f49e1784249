import Foundation
import TestSupport
import Testing

@Suite("The command line")
struct UsageTests {
  @Test(
    "shows help and its version",
    arguments: [
      (["--help"], "SUBCOMMANDS:"), (["--version"], "0."), (["token", "--help"], "rotate"),
      (["token", "add", "--help"], "112 bits"),
      (["help", "check"], "--tokens"), (["--generate-completion-script", "bash"], "complete"),
    ])
  func help(arguments: [String], expected: String) throws {
    let outcome = try Bearerd.start([Bearerd.path] + arguments).wait()
    #expect(outcome.code == 0 && outcome.output.contains(expected) && outcome.errors.isEmpty)
  }

  @Test(
    "refuses what it does not understand with 64, and says what to write",
    arguments: [
      (["frobnicate"], "Unexpected argument"), (["token", "new"], "Missing expected argument '<app>'"),
      (["token", "new", "OpenAI"], "the application name must be 1 to 63 of a-z"),
      (["token", "new", "a", "--expires", "soon"], "write 90d, 12h, 30m, 2w, 2027-01-31"),
      (["token", "new", "a", "--expires", "90"], "write 90d"),
      (["token", "new", "a", "--expires=-1d"], "write 90d"),
      (["token", "new", "a", "--expires", "99999999999999999999d"], "write 90d"),
      (["token", "new", "a", "--expires", "2027-02-29"], "is not a day of the calendar"),
      (["token", "new", "a", "--expires", "2020-01-01"], "--expires is in the past"),
      (["token", "new", "a", "--expires", "0"], "--expires is in the past"),
      (
        ["token", "new", "a", "--expires", "1d", "--not-before", "2d"], "--expires is not after --not-before"
      ),
      (["token", "new", "a", "--scopes", "a,\""], "a scope must be 1 to 128 visible"),
      (["token", "new", "a", "--scopes", "a,,b"], "a scope must be"),
      (["token", "new", "a", "--scopes", "a,b,a"], "\"a\" is given twice"),
      (["token", "new", "a", "--from", "10.0.0.1/8"], "write 10.0.0.0/8"),
      (["token", "new", "a", "--from", "localhost"], "is not an IPv4 or IPv6 address"),
      (["token", "new", "a", "--tokens", ""], "--tokens is empty; give a path"),
      (["token", "revoke", "a", "--all", "--key", "k"], "--key and --all exclude each other"),
      (["token", "rotate", "a", "--keep", "long"], "use 7d, 12h, 30m or 0"),
      (["token", "explain", "--scope", "a,b"], "a scope must be"),
      (["token", "explain", "--from", "x"], "write an IPv4 or IPv6 address"),
      (["manifest", "verify", "OpenAI", "abc"], "the application name must be 1 to 63 of a-z"),
      (["manifest", "verify", "openai"], "the value is missing; give it after the application"),
      (["manifest", "verify", "openai", "abc", "--remove"], "--remove takes no value"),
      (["manifest", "verify", "openai", "a\"b"], "visible ASCII without quotes and backslashes"),
      (["manifest", "verify", "openai", "abc", "def"], "one argument too many"),
    ])
  func usage(arguments: [String], message: String) throws {
    let scratch = try Scratch()
    let isComplete = arguments.contains("--tokens") || arguments.count < 3
    let tokens = isComplete ? [] : ["--tokens", scratch.tokens]
    let outcome = try Bearerd.start([Bearerd.path] + arguments + tokens).wait()
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(try scratch.names().isEmpty)
  }

  @Test(
    "never repeats an argument that may be a secret",
    arguments: [
      ["token", "new", "ci"], ["token", "add", "ci"], ["token", "rotate", "ci"], ["token", "revoke", "ci"],
      ["token", "explain"],
      ["manifest", "verify", "openai", "abc"], ["manifest", "verify"],
      ["token", "new"], ["token", "revoke", "ci", "--key"], ["token", "rotate", "ci", "--key"],
    ])
  func discretion(arguments: [String]) throws {
    let scratch = try Scratch()
    let secret = "brd_00000000000000000000000000000000000000000002CZclj"
    let command = [Bearerd.path] + arguments + [secret, "--tokens", scratch.tokens]
    let outcome = try Bearerd.start(command).wait()
    #expect(outcome.code == 64)
    #expect(!outcome.errors.contains(secret) && !outcome.output.contains(secret), "\(outcome.errors)")
    #expect(try scratch.names().isEmpty)
  }

  @Test("does nothing, and says so, where there is no /proc to read its arguments from")
  func noProc() throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.start(
      ["unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"]
        + [Bearerd.path, "token", "new", "app", "--tokens", scratch.tokens]
    ).wait()
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("mount /proc"), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(try scratch.names().isEmpty)
  }
}
