import Foundation
import TestSupport
import Testing

@Suite("bearerd manifest verify")
struct VerifyManifestTests {
  @Test("puts the tokens of several applications in, side by side, and takes one out")
  func edit() throws {
    let scratch = try Scratch()
    let file = try scratch.makeManifest()
    let before = try scratch.read("ai-plugin.json")
    func verify(_ arguments: String...) throws -> Outcome {
      try Bearerd.start(
        [Bearerd.path, "manifest", "verify", "--manifest", file, "--tokens", scratch.tokens] + arguments
      ).wait()
    }
    try scratch.write("")
    let first = try verify("openai", "5a1f0c9be2d84b7fa6d3f1c2b7e9d055")
    #expect(
      first.code == 0 && first.errors.contains("The verification token of openai in"), "\(first.errors)")
    #expect(try verify("other_service", "abc123").code == 0)
    let changed = before.replacing("Replace_this_string", with: "5a1f0c9be2d84b7fa6d3f1c2b7e9d055")
      .replacing("d055\"\n", with: "d055\",\n      \"other_service\": \"abc123\"\n")
    #expect(try scratch.read("ai-plugin.json") == changed)
    #expect(try Bearerd.run("manifest", "check", file, tokens: scratch.tokens).code == 0)

    let inode = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
    let again = try verify("other_service", "abc123")
    #expect(again.code == 0 && again.errors.contains("already has this value"))
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int == inode)

    #expect(try verify("openai", "--remove").code == 0)
    #expect(try !scratch.read("ai-plugin.json").contains("openai"))
    let missing = try verify("openai", "--remove")
    #expect(missing.code == 1 && missing.errors.contains("there is no verification token of openai"))
    #expect(try scratch.names() == ["ai-plugin.json", "tokens"])
  }

  @Test("never publishes a token, and does not repeat it")
  func secret() throws {
    let scratch = try Scratch()
    let file = try scratch.makeManifest()
    let before = try scratch.read("ai-plugin.json")
    let own = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    let imported = "b7b07e0a1c3ad5f29c84d6e1f05e3a92"
    _ = try Bearerd.run("token", "add", "old", tokens: scratch.tokens, stdin: imported)
    // Of another site; and one with a slip in it.
    let foreign = "brd_00000000000000000000000000000000000000000002CZclj"
    for secret in [own, imported, foreign, String(foreign.dropLast()) + "k"] {
      let outcome = try Bearerd.run(
        "manifest", "verify", "openai", secret, "--manifest", file, tokens: scratch.tokens)
      #expect(
        outcome.code == 1 && outcome.errors.contains("not a verification token: published, it would give"))
      #expect(outcome.errors.contains("visible in the process list just now"))
      #expect(!outcome.errors.contains(secret))
    }
    #expect(try scratch.read("ai-plugin.json") == before)
  }

  @Test("keeps the manifest's mode, and a manifest that is a link")
  func link() throws {
    let scratch = try Scratch()
    let file = try scratch.makeManifest()
    try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/m", withDestinationPath: file)
    chmod(file, 0o664)
    let outcome = try Bearerd.run("manifest", "verify", "ci", "abc123", "--manifest", "\(scratch.path)/m")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try scratch.read("ai-plugin.json").contains("abc123"))
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o664)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: "\(scratch.path)/m") == file)
  }

  @Test("of a file that is no manifest changes nothing, and names the place")
  func broken() throws {
    let scratch = try Scratch()
    try scratch.write("{\n  \"auth\": {\"type\": \"none\"},\n}\n", to: "m")
    let file = "\(scratch.path)/m"
    let syntax = try Bearerd.run("manifest", "verify", "ci", "abc123", "--manifest", file)
    #expect(syntax.code == 1 && syntax.errors.contains("\(file):3:1: error: a trailing comma"))
    try scratch.write("{\n  \"auth\": {\"type\": \"none\"}\n}\n", to: "m")
    let none = try Bearerd.run("manifest", "verify", "ci", "abc123", "--manifest", file)
    #expect(
      none.code == 1 && none.errors.contains("\(file):2:20: error: only \"service_http\""), "\(none.errors)")
    let missing = try Bearerd.run("manifest", "verify", "ci", "abc123", "--manifest", "\(scratch.path)/no")
    #expect(missing.code == 74 && missing.errors.contains("No such file or directory"))
    #expect(try scratch.names() == ["m"])
  }

  @Test("of fifty at once loses none", .bodyTimeLimit(minutes: 2))
  func concurrent() throws {
    let scratch = try Scratch()
    let file = try scratch.makeManifest()
    let running = try (0..<50).map {
      try Bearerd.start([Bearerd.path, "manifest", "verify", "app\($0)", "value\($0)x", "--manifest", file])
    }
    for outcome in try running.map({ try $0.wait() }) { #expect(outcome.code == 0, "\(outcome.errors)") }
    let text = try scratch.read("ai-plugin.json")
    #expect((0..<50).allSatisfy { text.contains("\"app\($0)\": \"value\($0)x\"") })
    #expect(try scratch.names() == ["ai-plugin.json"])
  }
}

extension Scratch {
  /// A manifest that waits for the first application's token; its path.
  func makeManifest(_ name: String = "ai-plugin.json", site: String = "https://example.com") throws -> String
  {
    try write(
      """
      {
        "schema_version": "v1",
        "name_for_model": "todo_list",   "name_for_human": "To-do list",
        "description_for_model": "Adds, reads and removes entries.",
        "description_for_human": "Keeps your to-do list.",
        "auth": {
          "type": "service_http", "authorization_type": "bearer",
          "verification_tokens": {
            "openai": "Replace_this_string"
          }
        },
        "api": {"type": "openapi", "url": "\(site)/openapi.json"},
        "logo_url": "\(site)/logo.png",
        "contact_email": "support@example.com",
        "legal_info_url": "\(site)/legal"
      }

      """, to: name, mode: 0o644)
    return "\(path)/\(name)"
  }
}
