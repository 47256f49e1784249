import Foundation
import TestSupport
import Testing

@Suite("The README")
struct ReadmeTests {
  private static let readme = "\(repository)/README.md"
  private static let examples = "\(repository)/examples"

  @Test("has the behaviour of each web server; BEARERD_WRITE_README writes the table")
  func table() throws {
    let rows = try WebServer.allCases.map { try WebServerFacts(observing: $0).row }
    try expectTable(
      [WebServerFacts.head] + rows, behind: "<!-- made by the tests of the web servers -->\n",
      in: ReadmeTests.readme)
  }

  @Test("of the examples has the kinds of backend of each web server; BEARERD_WRITE_README writes the table")
  func backends() throws {
    let facts = try BackendKindTests.webServers.map { try BackendFacts(observing: $0) }
    #expect(facts.flatMap(\.problems) == [])
    try expectTable(
      [BackendFacts.head] + facts.map(\.row), behind: "<!-- made by the tests of the backends -->\n",
      in: "\(ReadmeTests.examples)/README.md")
  }

  @Test("of the callers has what clients show for a denial; BEARERD_WRITE_README writes the table")
  func clients() throws {
    let facts = try ClientFacts.all(try ClientSite()) + ClientFacts.sdks()
    try expectTable(
      [ClientFacts.head] + facts.map(\.row), behind: "<!-- made by the tests of the clients -->\n",
      in: "\(ReadmeTests.examples)/callers/README.md", ignoringVersions: true)
  }

  private func expectTable(
    _ lines: [String], behind begin: String, in path: String, ignoringVersions: Bool = false
  )
    throws
  {
    let made = lines.joined(separator: "\n")
    func compared(_ table: String) -> String {
      ignoringVersions ? table.replacing(/\d+(\.\d+)+/, with: "version") : table
    }
    let readme = try String(contentsOfFile: path, encoding: .utf8)
    let parts = readme.components(separatedBy: begin)
    try #require(parts.count == 2)
    let rest = parts[1].components(separatedBy: "\n\n")
    if rest[0] != made, ProcessInfo.processInfo.environment["BEARERD_WRITE_README"] != nil {
      let new = parts[0] + begin + ([made] + rest.dropFirst()).joined(separator: "\n\n")
      try new.write(toFile: path, atomically: true, encoding: .utf8)
    } else {
      #expect(
        compared(rest[0]) == compared(made),
        "run this with BEARERD_WRITE_README=1, and look at what has changed")
    }
  }

  @Test("and those of the examples show lines of the examples' configurations only")
  func excerpts() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: ReadmeTests.examples)
    let paths = [ReadmeTests.readme] + names.map { "\(ReadmeTests.examples)/\($0)/README.md" }
    let blocks = paths.flatMap { path in
      (try? String(contentsOfFile: path, encoding: .utf8))?.components(separatedBy: "<!-- from: ")
        .dropFirst() ?? []
    }
    try #require(blocks.count >= 6)
    for block in blocks {
      let name = block.components(separatedBy: " -->")[0]
      let example = try String(contentsOfFile: "\(repository)/\(name)", encoding: .utf8)
      let known = Set(example.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
      let text = block.components(separatedBy: "```")[1].split(separator: "\n").dropFirst()
      try #require(!text.isEmpty, "\(name)")
      for line in text.map({ $0.trimmingCharacters(in: .whitespaces) }) {
        #expect(known.contains(line), "\(name) has no \(line)")
      }
    }
  }
}
