@testable import NginxConfiguration

/// What an administrator calls a configuration: it is read or refused, at lines that are there; the findings are the same
/// again, at lines that are there, and show nothing that a terminal obeys.
enum NginxTarget {
  static func run(_ bytes: [UInt8]) {
    let text: ConfigurationText
    do throws(ConfigurationError) {
      text = try ConfigurationText(parsing: bytes, name: "n")
    } catch {
      return placed(error.line ?? 1, in: bytes, "an error")
    }
    let examination = Examination(of: text)
    for finding in examination.findings + examination.allowed {
      placed(finding.line, in: bytes, finding.name.rawValue)
      let isPrintable = finding.description.utf8.allSatisfy { $0 == 10 || $0 >= 0x20 && $0 != 0x7f }
      expect(isPrintable, "nothing that a terminal obeys: \(finding.name.rawValue)")
    }
    expect(examination.findings.count <= Report.maximumFindings, "no more findings than are read")
    expect(examination.findings == Examination(of: text).findings, "the same is found again")
  }

  private static func placed(_ line: Int, in bytes: [UInt8], _ what: String) {
    // A file of the text has fewer lines than the whole.
    expect((1...bytes.count { $0 == 10 } + 1).contains(line), "a line that is there: \(what)")
  }
}
