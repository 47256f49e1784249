import Foundation
import TestSupport
import Testing

@Suite("bearerd manifest check")
struct CheckManifestTests {
  @Test("of a site's files looks at what stands beside the manifest, and says where a secret is")
  func site() throws {
    let scratch = try Scratch()
    for directory in ["site/.well-known", "site/api"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(directory)", withIntermediateDirectories: true)
    }
    let file = try scratch.makeManifest("site/.well-known/ai-plugin.json")
    let secret = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    func check() throws -> Outcome { try Bearerd.run("manifest", "check", file, tokens: scratch.tokens) }

    try scratch.write("<svg/>", to: "site/logo.png", mode: 0o644)
    let noOpenAPI = try check()
    #expect(noOpenAPI.code == 0)
    #expect(noOpenAPI.errors.contains("\(file): note: https://example.com/openapi.json was not checked"))
    #expect(noOpenAPI.line == "ok: service_http for openai (not registered yet); 1 warning")

    let openAPI = "\(scratch.path)/site/openapi.json"
    try scratch.write("{\"openapi\": \"3.1.0\", \"info\": {}}", to: "site/openapi.json", mode: 0o644)
    let broken = try check()
    #expect(broken.code == 1 && broken.output.isEmpty)
    #expect(broken.errors.contains("\(openAPI):1:1: error: \"paths\" is missing"), "\(broken.errors)")
    #expect(broken.errors.hasSuffix("1 error, 1 warning\n"))

    for (name, text, place) in [
      (
        "site/openapi.json",
        "{\"openapi\": \"3.1.0\", \"info\": {}, \"paths\": {\"/a\": {\"x\": \"\(secret)\"}}}", ":1:57: "
      ),
      ("site/openapi.json", "openapi: 3.1.0\ninfo: {}\npaths:\n  /a: # Bearer \(secret)\n", ":4:16: "),
      ("site/logo.png", "<svg><!-- \(secret) --></svg>", ":1:11: "),
      (
        "site/.well-known/ai-plugin.json",
        try scratch.read("site/.well-known/ai-plugin.json").replacing("Replace_this_string", with: secret),
        ":9:18: "
      ),
    ] {
      let before = try scratch.read(name)
      try scratch.write(
        "{\"openapi\": \"3.1.0\", \"info\": {}, \"paths\": {\"/a\": {}}}", to: "site/openapi.json",
        mode: 0o644)
      #expect(try check().code == 0)
      try scratch.write(text, to: name, mode: 0o644)
      let outcome = try check()
      #expect(outcome.code == 1)
      #expect(outcome.errors.contains("\(scratch.path)/\(name)\(place)error: "), "\(outcome.errors)")
      #expect(outcome.errors.contains("bearerd token rotate ci --key ") && !outcome.errors.contains(secret))
      try scratch.write(before, to: name, mode: 0o644)
    }
  }

  @Test("of a file by itself takes the OpenAPI file that it is given")
  func openAPI() throws {
    let scratch = try Scratch()
    let file = try scratch.makeManifest()
    try scratch.write("{", to: "openapi.json", mode: 0o644)
    let outcome = try Bearerd.run("manifest", "check", file, "--openapi", "\(scratch.path)/openapi.json")
    #expect(
      outcome.code == 1 && outcome.errors.contains("/openapi.json:1:2: error: the text ends inside an object")
    )
    let missing = try Bearerd.run("manifest", "check", file, "--openapi", "\(scratch.path)/no.json")
    #expect(missing.code == 74 && missing.errors.contains("/no.json: No such file"), "\(missing.errors)")
  }

  @Test("says where a file cannot be read, or the tokens, or an argument")
  func failures() throws {
    let scratch = try Scratch()
    let file = try scratch.makeManifest()
    let missing = try Bearerd.run("manifest", "check", "\(scratch.path)/no")
    #expect(missing.code == 74 && missing.errors.contains("`bearerd manifest new` creates one"))
    let directory = try Bearerd.run("manifest", "check", scratch.path)
    #expect(directory.code == 74 && directory.errors.contains("give a regular file"))
    let noTokens = try Bearerd.run("manifest", "check", file, tokens: "\(scratch.path)/no")
    #expect(noTokens.code == 74)
    try scratch.write("nonsense\n")
    let badTokens = try Bearerd.run("manifest", "check", file, tokens: scratch.tokens)
    #expect(badTokens.code == 78 && badTokens.errors.contains(":1:9: error: no hash"))
    for (arguments, message) in [
      ([], "Missing expected argument"), (["ftp://example.com/x"], "this is not a URL"),
      (["https://example.com/", "--openapi", "x"], "--openapi requires a manifest file"),
      (["x", "--connect-to", "127.0.0.1:80"], "--connect-to requires the manifest's URL"),
      (["x", "--origin", "example.com"], "--origin must be a URL"),
      (["x", "--tokens", ""], "--tokens is empty; give a path"),
    ] {
      let outcome = try Bearerd.start([Bearerd.path, "manifest", "check"] + arguments).wait()
      #expect(outcome.code == 64 && outcome.errors.contains(message), "\(outcome.errors)")
    }
  }

  @Test("of what cannot be reached, or without curl, says so")
  func unreachable() throws {
    let scratch = try Scratch()
    try scratch.write("")
    let outcome = try Bearerd.run("manifest", "check", "http://127.0.0.1:1", tokens: scratch.tokens)
    #expect(outcome.code == 1)
    #expect(
      outcome.errors.contains(
        "http://127.0.0.1:1/.well-known/ai-plugin.json: error: the manifest cannot be fetched: curl: (7)"),
      "\(outcome.errors)")
    let without = try Bearerd.start(
      [
        "env", "PATH=\(scratch.path)", Bearerd.path, "manifest", "check", "http://127.0.0.1:1", "--tokens",
        scratch.tokens,
      ]
    ).wait()
    #expect(without.code == 69 && without.errors == "bearerd: curl is not installed: apt-get install curl\n")
  }
}

@Suite("bearerd token add --manifest")
struct AddPublishedTokenTests {
  @Test("refuses a value that stands in a published file, in whatever spelling")
  func refused() throws {
    let scratch = try Scratch()
    let file = try scratch.makeManifest()
    let verification = "5a1f0c9be2d84b7fa6d3f1c2b7e9d055"
    #expect(try Bearerd.run("manifest", "verify", "openai", verification, "--manifest", file).code == 0)
    try scratch.write(
      "# \(verification.dropFirst())\nx: \"\\x37b07e0a1c3ad5f29c84d6e1f05e3a9200\"\n", to: "openapi.yaml")
    let add = [
      "token", "add", "ci", "--manifest", file, "--manifest", "\(scratch.path)/openapi.yaml", "--tokens",
      scratch.tokens,
    ]
    for secret in [verification, "7b07e0a1c3ad5f29c84d6e1f05e3a9200"] {
      let outcome = try Bearerd.start([Bearerd.path] + add, stdin: secret).wait()
      #expect(
        outcome.code == 1 && outcome.errors.contains("this token is in \(scratch.path)/"),
        "\(outcome.errors)")
      #expect(!outcome.errors.contains(secret) && !FileManager.default.fileExists(atPath: scratch.tokens))
    }
    #expect(
      try Bearerd.start([Bearerd.path] + add, stdin: "b7b07e0a1c3ad5f29c84d6e1f05e3a92").wait().code == 0)
  }

  @Test("adds nothing where the published file cannot be read")
  func unreadable() throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.run(
      "token", "add", "ci", "--manifest", "\(scratch.path)/no", tokens: scratch.tokens,
      stdin: "b7b07e0a1c3ad5f29c84d6e1f05e3a92")
    #expect(outcome.code == 74 && outcome.errors.contains("/no: No such file"))
    #expect(try scratch.names().isEmpty)
  }
}
