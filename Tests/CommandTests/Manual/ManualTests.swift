import BearerAuth
import Foundation
import NginxConfiguration
import TestSupport
import Testing

/// So that the manual never says less, more or other than `--help`. Its examples run in Tests/manual.
@Suite("The manual")
struct ManualTests {
  @Test("describes each command once")
  func commands() {
    #expect(ManualPage.all.flatMap(\.commands).sorted() == CommandHelp.all.map(\.name).sorted())
    #expect(CommandHelp.all.count >= 8)
  }

  @Test("gives each command the options, values and defaults of its help", arguments: CommandHelp.all)
  func options(help: CommandHelp) throws {
    let page = try #require(ManualPage.all.first { $0.commands.contains(help.name) })
    let written = page.help(for: help.name).options
    #expect(help.options.subtracting(written) == [], "missing or other in \(page.name)")
    #expect(written.subtracting(help.options) == [], "not in the help, but in \(page.name)")
  }

  @Test("names the options of a token's line as the file's own errors do")
  func tokenOptions() throws {
    let scratch = try Scratch()
    try scratch.write("app \(hash("a")) nothing=1\n")
    let told = try Bearerd.run("check", tokens: scratch.tokens).errors
    let names = told.matches(of: /([a-z-]+)=/).map { String($0.1) }
    let page = try String(
      contentsOf: ManualPage.directory.appending(path: "bearerd.tokens.5.scd"), encoding: .utf8)
    #expect(names.count >= 6, "\(told)")
    for name in names { #expect(page.contains("*\(name)=*"), "\(name)") }
  }

  @Test("names every reason of a denial", arguments: Denial.allCases)
  func reasons(denial: Denial) throws {
    let page = try String(contentsOf: ManualPage.directory.appending(path: "bearerd.8.scd"), encoding: .utf8)
    #expect(page.contains("*\(denial.rawValue)*"))
  }

  @Test("describes every finding of doctor nginx")
  func findings() throws {
    let page = try String(
      contentsOf: ManualPage.directory.appending(path: "bearerd-doctor-nginx.7.scd"), encoding: .utf8)
    for name in FindingName.allCases { #expect(page.contains("\n*\(name.rawValue)*\n"), "\(name.rawValue)") }
  }
}
