import Foundation
import TestSupport
import Testing

@Suite("The documents")
struct DocumentTests {
  /// Every text that a person may copy from.
  private static func texts() throws -> [(name: String, text: String)] {
    let files = try [".github", "Sources/bearerd/Manual", "examples", "nginx", "Tests/Benchmarks/results"]
      .flatMap { directory in
        try FileManager.default.subpathsOfDirectory(atPath: "\(repository)/\(directory)").map {
          "\(directory)/\($0)"
        }
      }
    return (["README.md", "Sources/README.md"] + files).compactMap { name in
      (try? String(contentsOfFile: "\(repository)/\(name)", encoding: .utf8)).map { (name, $0) }
    }
  }

  @Test("use the terms of the field and no metaphors")
  func terms() throws {
    let banned = /\b(?:doors?|folders?|whoever|everybody|nobody|somebody|taken back|takes back|mended)\b/
      .ignoresCase()
    let texts = try DocumentTests.texts().filter {
      !$0.name.hasPrefix("Sources/") && !$0.name.hasPrefix("Tests/")
    }
    #expect(texts.count > 100)
    for (name, text) in texts {
      let found = text.firstMatch(of: banned).map { String($0.0) }
      #expect(found == nil, "\(name): use another word for \(found ?? "")")
    }
  }

  @Test("name only sources that exist")
  func sources() throws {
    let text = try String(contentsOfFile: "\(repository)/Sources/README.md", encoding: .utf8)
    // Those of the tests stand there too.
    let names = text.matches(of: /`([A-Za-z\/+]+\.swift)`/).map { String($0.1) }.filter {
      !$0.hasPrefix("Tests/")
    }
    #expect(names.count > 25)
    for name in names {
      #expect(FileManager.default.fileExists(atPath: "\(repository)/Sources/\(name)"), "\(name)")
    }
  }

  @Test("show no hash that a token file would load")
  func hashes() throws {
    let hash = /sha256:[0-9a-fA-F]{64}/
    let texts = try DocumentTests.texts()
    #expect(texts.count > 100)
    for (name, text) in texts {
      #expect(text.firstMatch(of: hash) == nil, "\(name) shows a hash; write sha256:<64 hex digits>")
    }
    for command in CommandHelp.all {
      let words = command.name.split(separator: " ").dropFirst().map(String.init)
      let help = try Bearerd.start([Bearerd.path] + words + ["--help"]).wait()
      #expect(help.code == 0 && help.output.firstMatch(of: hash) == nil, "\(command)")
    }
  }
}
