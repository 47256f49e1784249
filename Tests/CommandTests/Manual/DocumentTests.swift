import Foundation
import TestSupport
import Testing

@Suite("The documents")
struct DocumentTests {
  /// README.md, Sources/README.md and the text files of the directories.
  private static func texts(in directories: [String]) throws -> [(name: String, text: String)] {
    let files = try directories.flatMap { directory in
      try FileManager.default.subpathsOfDirectory(atPath: "\(repository)/\(directory)").map {
        "\(directory)/\($0)"
      }
    }
    return Set(["README.md", "Sources/README.md"] + files).sorted().compactMap { name in
      (try? String(contentsOfFile: "\(repository)/\(name)", encoding: .utf8)).map { (name, $0) }
    }
  }

  @Test("and the sources use the terms of the field and no metaphors")
  func terms() throws {
    let banned =
      /\b(?:doors?|folders?|whoever|fronts|everybody|anybody|nobody(?![":]| nogroup)|somebody|taken back|takes? back|mend(?:ed)?|crowd(?:ed)?|patience|allowances?|in force|gives? way|goes round|slip of the hand)\b/
      .ignoresCase()
    let texts = try DocumentTests.texts(in: [".github", "Sources", "Tests", "examples", "nginx"])
    #expect(texts.count > 900)
    for (name, text) in texts where !name.hasSuffix("/DocumentTests.swift") {
      for (index, line) in text.components(separatedBy: "\n").enumerated() {
        let found = line.firstMatch(of: banned).map { String($0.0) }
        #expect(found == nil, "\(name):\(index + 1): use another word for \(found ?? "")")
      }
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
    // Every text that a reader may copy from.
    let texts = try DocumentTests.texts(in: [
      ".github", "Sources/bearerd/Manual", "examples", "nginx", "Tests/Benchmarks/results",
    ])
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
