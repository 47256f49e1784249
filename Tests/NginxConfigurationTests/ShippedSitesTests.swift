import Foundation
import TestSupport
import Testing

@testable import NginxConfiguration

@Suite("doctor nginx and what we ship")
struct ShippedSitesTests {

  /// The nginx files of the examples, the example of the snippets, and the sites of the README.
  static let sites: [(name: String, text: String)] = {
    let files =
      [
        "browser", "callers", "container", "forward-auth", "legacy-php", "llm-api", "mcp-server",
        "prometheus",
        "static-site-plugin", "two-machines",
      ]
      .map { "examples/\($0)/site.conf" }
      + ["examples/quickstart/nginx.conf", "nginx/example.conf"]
    let texts = files.map {
      ($0, (try? String(contentsOfFile: "\(repository)/\($0)", encoding: .utf8)) ?? "")
    }
    let readme = (try? String(contentsOfFile: "\(repository)/README.md", encoding: .utf8)) ?? ""
    let parts = readme.components(separatedBy: "```nginx\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    return texts + parts.enumerated().map { ("README.md, site \($0 + 1)", $1) }
  }()

  @Test("find nothing in any of them", arguments: sites.map(\.name))
  func findings(name: String) throws {
    let text = try #require(ShippedSitesTests.sites.first { $0.name == name }?.text)
    #expect(!text.isEmpty)
    let isWhole = text.contains("\nhttp {") || text.hasPrefix("http {")
    let site = Corpus(testDescription: name, lines: text.components(separatedBy: "\n"))
    let findings = try isWhole ? site.findings(around: { $0 }) : site.findings()
    #expect(findings.map(\.description) == [])
  }

  @Test("know the README's first site")
  func readme() {
    #expect(ShippedSitesTests.sites.count >= 11)
    #expect(
      ShippedSitesTests.sites.contains { $0.name == "README.md, site 1" && $0.text.contains("bearerd-guard") }
    )
  }
}
