import Foundation
import TestSupport
import Testing

@Suite("rclone and restic through nginx")
struct StorageClientTests {
  private let client: ClientSite

  init() throws { client = try ClientSite() }

  /// A configuration of rclone with one remote for each way to send a token.
  private func configure(_ remotes: [(name: String, secret: String, isBearer: Bool)]) throws {
    let text = try remotes.map { remote in
      let head = "[\(remote.name)]\ntype = webdav\nurl = \(client.url("/dav/"))\nvendor = other\n"
      guard !remote.isBearer else { return head + "bearer_token = \(remote.secret)\n" }
      let obscured = try client.run(["rclone", "obscure", "-"], stdin: remote.secret)
      return head + "user = ci\npass = \(obscured.line)\n"
    }.joined(separator: "\n")
    try client.write(text, to: "rclone.conf")
  }

  private func rclone(_ arguments: String...) throws -> Outcome {
    try client.run(
      ["rclone", "--config", "\(client.directory)/rclone.conf", "--retries", "1", "--low-level-retries", "1"]
        + arguments)
  }

  @Test("rclone reads and writes WebDAV with user and password, and with bearer_token")
  func webDAV() throws {
    let tokens = try client.tokens()
    try configure([
      ("basic", tokens.valid, false), ("bearer", tokens.valid, true), ("wrong", "wrong", false),
      ("wrongbearer", "wrong", true),
      ("scoped", tokens.scoped, false),
    ])
    try client.write(String(repeating: "written\n", count: 200_000), to: "large.txt")
    for remote in ["basic", "bearer"] {
      let copied = try rclone("copyto", "\(client.directory)/large.txt", "\(remote):\(remote)/large.txt")
      #expect(copied.code == 0, "\(copied.errors)")
      #expect(try rclone("lsf", "\(remote):\(remote)").output == "large.txt\n")
      let read = try rclone("cat", "\(remote):\(remote)/large.txt")
      #expect(read.output.utf8.count == 1_600_000)
      #expect(
        try rclone("moveto", "\(remote):\(remote)/large.txt", "\(remote):\(remote)/moved.txt").code == 0)
    }
    for (remote, message) in [
      ("wrong", "401 Unauthorized"), ("wrongbearer", "401 Unauthorized"), ("scoped", "403 Forbidden"),
    ] {
      let denied = try rclone("lsf", "\(remote):")
      #expect(denied.code != 0 && denied.errors.contains(message), "\(denied.errors)")
    }
    client.expectNoSecret(tokens.valid, tokens.scoped)
  }

  @Test("restic backs up with the token as the password in the URL of its REST server")
  func restic() throws {
    let tokens = try client.tokens()
    func restic(_ password: String, _ arguments: String...) throws -> Outcome {
      try client.run(
        ["restic", "--no-cache", "-r", "rest:\(client.url("/restic/", "ci", password))"] + arguments,
        environment: ["RESTIC_PASSWORD=throwaway"])
    }
    for arguments in ["init", "backup", "snapshots"] {
      let outcome =
        try arguments == "backup"
        ? restic(tokens.valid, "backup", "\(client.directory)/site") : restic(tokens.valid, arguments)
      #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
    }
    for (password, message) in [("wrong", "401"), (tokens.scoped, "403")] {
      let denied = try restic(password, "snapshots", "--no-lock")
      #expect(denied.code != 0 && denied.errors.contains(message), "\(denied.errors)")
    }
    client.expectNoSecret(tokens.valid, tokens.scoped)
  }
}
