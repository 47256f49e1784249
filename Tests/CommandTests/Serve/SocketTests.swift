import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("The socket of bearerd serve")
struct SocketTests {
  private let scratch: Scratch
  private let secret: String

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
  }

  private var path: String { "\(scratch.path)/socket" }

  @Test("and all else that it opens is closed on exec")
  func closedOnExec() throws {
    // What the test's own parents left open is not the daemon's.
    let closing = "import os, sys; os.closerange(3, 65536); os.execv(sys.argv[1], sys.argv[1:])"
    let service = try Service(scratch: scratch, launcher: ["python3", "-c", closing])
    try service.waits(for: "ready on")
    let kept = try (0..<4).map { _ in
      let client = try Client(connectingTo: service.address)
      _ = try client.response(to: RequestMessage(keepsConnection: true))
      return client
    }
    let descriptors = try ProcessFacts(pid: service.running.pid).descriptors().filter { $0.key > 2 }
    // A listener, signals, a watch, two a loop, four connections.
    #expect(descriptors.count >= 9)
    for (number, flags) in descriptors { #expect(flags & O_CLOEXEC != 0, "descriptor \(number)") }
    withExtendedLifetime(kept) {}
  }

  @Test("has its owner and mode before anybody can connect")
  func order() throws {
    let service = try Service(
      "--socket-mode", "0606", "--socket-owner", ":\(getgid())", scratch: scratch,
      launcher: [
        "strace", "-D", "-qq", "-f", "-e", "trace=bind,chown,lchown,chmod,listen", "-o",
        "\(scratch.path)/calls",
      ])
    try service.waits(for: "ready on")
    let calls = try scratch.read("calls").split(separator: "\n").compactMap { line in
      line.split(separator: " ").dropFirst().first?.prefix { $0 != "(" }
    }
    #expect(calls == ["bind", "chown", "chmod", "listen"])
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o606)
  }

  @Test("does not take another daemon's place")
  func taken() throws {
    let first = try Service(scratch: scratch)
    try first.waits(for: "ready on")
    let second = try Service(scratch: scratch).wait()
    #expect(second.code == 69)
    #expect(second.errors.contains("in use by another process"))
    #expect(try first.status(secret) == 200)
  }

  @Test("does not take the place of what is no socket")
  func noSocket() throws {
    try scratch.write("precious", to: "socket")
    let outcome = try Service(scratch: scratch).wait()
    #expect(outcome.code == 69)
    #expect(outcome.errors.contains("is not a socket; not overwritten"))
    #expect(try scratch.read("socket") == "precious")
  }

  @Test("takes the place of one that a killed daemon left")
  func stale() throws {
    let first = try Service(scratch: scratch)
    try first.waits(for: "ready on")
    #expect(try first.end(SIGKILL).code == 128 + SIGKILL)
    #expect(try scratch.names() == ["socket", "tokens"])
    let second = try Service(scratch: scratch)
    try second.waits(for: "ready on")
    #expect(try second.status(secret) == 200)
  }

  @Test("is not removed at the end where another has taken its name")
  func replaced() throws {
    let first = try Service(scratch: scratch)
    try first.waits(for: "ready on")
    unlink(path)
    let second = try Service(scratch: scratch)
    try second.waits(for: "ready on")
    #expect(try first.end().code == 0)
    #expect(try second.status(secret) == 200)
  }

  @Test("has a path of at most 107 bytes")
  func length() throws {
    let long = "\(scratch.path)/\(String(repeating: "x", count: 107 - scratch.path.utf8.count))"
    let outcome = try Bearerd.start(
      [Bearerd.path, "serve", "--tokens", scratch.tokens, "--listen", "unix:\(long)"]
    ).wait()
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("107"), "\(outcome.errors)")
    let fits = try Service("--listen", "unix:\(long.dropLast())", scratch: scratch, listens: false)
    try fits.waits(for: "ready on")
  }
}
