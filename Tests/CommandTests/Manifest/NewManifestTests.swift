import Foundation
import TestSupport
import Testing

@Suite("bearerd manifest new")
struct NewManifestTests {
  static let answers = [
    "--site", "https://todo.example.com", "--name-for-human", "To-do \"list\" ✓", "--name-for-model",
    "todo_list",
    "--description-for-human", "Keeps a list.", "--description-for-model", "Adds, reads\nand removes.",
    "--contact-email", "support@example.com",
  ]

  @Test("writes a manifest that all users may read, and prints the next steps")
  func new() throws {
    let scratch = try Scratch()
    let file = "\(scratch.path)/ai-plugin.json"
    let outcome = try Bearerd.start(
      [Bearerd.path, "manifest", "new", "--manifest", file, "--applications", "openai,other_service"]
        + NewManifestTests.answers
    ).wait()
    #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.errors)")
    for step in [
      "bearerd token new openai\n", "https://todo.example.com/.well-known/ai-plugin.json\n",
      "bearerd manifest verify openai VALUE\n", "bearerd manifest check https://todo.example.com\n",
    ] {
      #expect(outcome.errors.contains(step), "\(outcome.errors)")
    }
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o644)
    let object = try JSONSerialization.jsonObject(with: Data(scratch.read("ai-plugin.json").utf8))
    let manifest = try #require(object as? [String: Any])
    #expect(manifest["name_for_human"] as? String == "To-do \"list\" ✓")
    #expect(manifest["description_for_model"] as? String == "Adds, reads\nand removes.")
    #expect(manifest["logo_url"] as? String == "https://todo.example.com/logo.png")
    let auth = try #require(manifest["auth"] as? [String: Any])
    #expect(auth["type"] as? String == "service_http" && auth["authorization_type"] as? String == "bearer")
    let tokens = try #require(auth["verification_tokens"] as? [String: String])
    #expect(tokens.keys.sorted() == ["openai", "other_service"])
    #expect(tokens.values.allSatisfy { $0.hasPrefix("Replace_this_string") })

    let check = try Bearerd.run("manifest", "check", file)
    #expect(check.code == 0)
    #expect(
      check.line
        == "ok: service_http for openai (not registered yet), other_service (not registered yet); 2 warnings")
  }

  @Test(
    "writes nothing that check would complain about",
    arguments: [
      (["--site", "todo.example.com"], "the site is not a URL; write https://HOST/PATH"),
      (["--name-for-model", "to do"], "\"name_for_model\" must be letters, digits and _"),
      (["--contact-email", "plugins"], "\"contact_email\" is not a mail address"),
      (["--api-url", "openapi.json"], "\"url\" is not a URL"),
      (
        ["--legal-info-url", "https://example.org/legal"],
        "\"legal_info_url\" is on example.org, but the API is on"
      ),
      (["--applications", "openai,Other"], "the application name must be"),
    ])
  func refused(options: [String], message: String) throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.start(
      [Bearerd.path, "manifest", "new", "--manifest", "\(scratch.path)/m"] + NewManifestTests.answers
        + options
    ).wait()
    #expect(outcome.code == 64 && outcome.errors.contains(message), "\(outcome.errors)")
    #expect(try scratch.names().isEmpty)
  }

  @Test("does not ask without a terminal, and says which options are missing")
  func unattended() throws {
    let scratch = try Scratch()
    let outcome = try Bearerd.run(
      "manifest", "new", "--manifest", "\(scratch.path)/m", "--site", "https://x.example")
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("--name-for-human, --name-for-model, --description-for-human, "))
    #expect(try scratch.names().isEmpty)
  }

  @Test("leaves a file alone that is there, and names the missing directory")
  func places() throws {
    let scratch = try Scratch()
    try scratch.write("mine", to: "m")
    let command = [Bearerd.path, "manifest", "new"] + NewManifestTests.answers
    let there = try Bearerd.start(command + ["--manifest", "\(scratch.path)/m"]).wait()
    #expect(there.code == 1 && there.errors.contains("/m already exists; not overwritten"))
    #expect(try scratch.read("m") == "mine")
    let nowhere = try Bearerd.start(command + ["--manifest", "\(scratch.path)/.well-known/m"]).wait()
    #expect(nowhere.code == 74)
    #expect(
      nowhere.errors.contains("create it with `install -d -m 0755 \(scratch.path)/.well-known`"),
      "\(nowhere.errors)")
  }

  @Test("asks on a terminal for what no option says", .bodyTimeLimit(minutes: 1))
  func terminal() throws {
    let scratch = try Scratch()
    var (terminal, line): (Int32, Int32) = (-1, -1)
    try #require(openpty(&terminal, &line, nil, nil, nil) == 0)
    defer { for descriptor in [terminal, line] { close(descriptor) } }
    for descriptor in [terminal, line] { #expect(fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) }
    let running = try Bearerd.start([
      "sh", "-c", #""$0" manifest new --manifest "$1/m" --name-for-model notes < "$2""#, Bearerd.path,
      scratch.path,
      "/proc/\(getpid())/fd/\(line)",
    ])
    let answers = [
      ("The site", "http://localhost:3000"), ("The name for users", "Notizen für alle"),
      ("The description for users", "Notes."), ("The description for models", "Use it for notes."),
      ("The contact's mail address", "a@example.org"),
    ]
    for (question, answer) in answers {
      try #require(
        eventually(seconds: 20) { running.errorsSoFar.contains(question) }, "\(running.errorsSoFar)")
      #expect(write(terminal, "\(answer)\n", answer.utf8.count + 1) == answer.utf8.count + 1)
    }
    let outcome = try running.wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try scratch.read("m").contains("\"Notizen für alle\""))
  }
}
