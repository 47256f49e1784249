import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("A change of the tokens by the command line")
struct ConfirmationTests {
  private let scratch: Scratch
  private let directory: String
  private var tokens: String { "\(directory)/app.tokens" }

  /// A directory of tokens, which another user than root can be let into.
  init() throws {
    scratch = try Scratch()
    directory = "\(scratch.path)/d"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
  }

  private func token(_ service: Service, _ path: String, _ arguments: String..., stdin: String = "") throws
    -> Outcome
  {
    try Bearerd.start(
      [Bearerd.path, "token"] + arguments
        + ["--tokens", path, "--listen", service.address.description], stdin: stdin
    ).wait()
  }

  private let secret = "b7b07e0a1c3ad5f29c84d6e1f05e3a92"

  @Test("is effective in the daemon when the command ends", arguments: [false, true])
  func inForce(isDirectory: Bool) throws {
    let path = isDirectory ? directory : tokens
    let first = try Bearerd.run("token", "new", "app", tokens: path).line
    let service = try Service(scratch: scratch, tokens: path)
    try service.waits(for: "ready on")
    for _ in 0..<3 {
      let made = try token(service, path, "new", "next")
      #expect(try made.code == 0 && service.status(made.line) == 200, "\(made.errors)")
      #expect(!made.errors.contains("daemon"))
      let rotated = try token(service, path, "rotate", "next", "--keep", "0", "--yes")
      #expect(try rotated.code == 0 && service.status(rotated.line) == 200, "\(rotated.errors)")
      #expect(try service.status(made.line) == 401)
      #expect(try token(service, path, "add", "other", stdin: secret).code == 0)
      #expect(try service.status(secret) == 200)
      #expect(try token(service, path, "revoke", "other").code == 0)
      #expect(try service.status(secret) == 401)
      #expect(try token(service, path, "revoke", "next", "--all", "--yes").code == 0)
      #expect(try service.status(rotated.line) == 401)
    }
    #expect(try service.status(first) == 200)
  }

  @Test("fails with the daemon's own words if the daemon goes on with the tokens from before")
  func goesOn() throws {
    guard geteuid() == 0 else { return }
    let secret = try Bearerd.run("token", "new", "app", tokens: tokens).line
    let broken = "\(directory)/broken.tokens"
    // Only root can read it: the daemon, another user, cannot.
    let daemon = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    // It listens there, and new files get its group.
    chown(scratch.path, 65534, 0)
    chown(directory, 0, 65534)
    chown(tokens, 0, 65534)
    let service = try Service(scratch: scratch, tokens: directory, launcher: daemon)
    try service.waits(for: "ready on")
    try "x \(hash("1"))\n".write(toFile: broken, atomically: false, encoding: .utf8)
    chmod(broken, 0o600)
    let outcome = try token(service, directory, "revoke", "app")
    #expect(outcome.code == 75, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "is removed from \(directory), but the daemon on \(service.address) still accepts it: "))
    #expect(outcome.errors.contains("cannot open \(broken): Permission denied"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("revoked"))
    #expect(try service.status(secret) == 200)
    let made = try token(service, directory, "new", "other")
    #expect(
      made.code == 75 && made.errors.contains("does not accept it yet: cannot open \(broken)"),
      "\(made.errors)")
    // Corrected, it takes effect.
    unlink(broken)
    #expect(try eventually(seconds: 10) { try service.status(secret) == 401 }, "\(service.log)")
  }

  @Test("fails if the daemon reads nothing any more")
  func hangs() throws {
    _ = try Bearerd.run("token", "new", "app", tokens: tokens)
    let service = try Service(scratch: scratch, tokens: tokens)
    try service.waits(for: "ready on")
    kill(service.running.pid, SIGSTOP)
    defer { kill(service.running.pid, SIGCONT) }
    let outcome = try token(service, tokens, "revoke", "app")
    #expect(
      outcome.code == 75 && outcome.errors.contains("still accepts it: the daemon on "), "\(outcome.errors)")
    #expect(outcome.errors.contains("it is stuck or suspended"))
  }

  @Test("says that no daemon answers, or that the one that does reads other tokens")
  func notAsked() throws {
    let absent = try Bearerd.run(
      "token", "new", "app", "--listen", "unix:\(scratch.path)/none", tokens: tokens)
    #expect(absent.code == 0)
    #expect(
      absent.errors.contains(
        "No daemon is running on unix:\(scratch.path)/none; it will read the change when it starts."),
      "\(absent.errors)")
    let service = try Service(scratch: scratch, tokens: tokens)
    try service.waits(for: "ready on")
    let other = "\(scratch.path)/other"
    let outcome = try token(service, other, "new", "app")
    #expect(
      outcome.code == 0
        && outcome.errors.contains("the one on \(service.address) reads \(tokens), not \(other)."),
      "\(outcome.errors)")
  }

  @Test("of many at once is confirmed to each of them", .bodyTimeLimit(minutes: 2))
  func many() throws {
    _ = try Bearerd.run("token", "new", "app", tokens: tokens)
    let service = try Service(scratch: scratch, tokens: tokens)
    try service.waits(for: "ready on")
    let running = try (0..<40).map { number in
      try Bearerd.start([
        Bearerd.path, "token", "new", "app\(number)", "--tokens", tokens, "--listen",
        service.address.description,
      ])
    }
    let outcomes = try running.map { try $0.wait() }
    #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.first { $0.code != 0 }?.errors ?? "")")
    for outcome in outcomes { #expect(try service.status(outcome.line) == 200) }
  }
}
