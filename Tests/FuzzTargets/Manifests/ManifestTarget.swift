import BearerAuth

@testable import ServiceManifest

/// What a site publishes: it is read or refused, at places that are there; an edit changes one application's token and
/// nothing else; and a secret is found wherever it stands.
enum ManifestTarget {
  private static let secret = Array("brd_00000000000000000000000000000000000000000002CZclj".utf8)

  static func run(_ bytes: [UInt8]) {
    let check = ManifestCheck(of: bytes, name: "m")
    let findings = check.findings + OpenAPICheck(of: bytes, name: "m").findings
    for finding in findings { placed(finding, in: bytes) }
    expect(check.findings == ManifestCheck(of: bytes, name: "m").findings, "the same is found again")
    if let root = (try? JSONDocument(parsing: bytes))?.root {
      nested(root, inside: 0..<bytes.count, of: bytes)
    }
    edited(bytes)
    found(bytes)
  }

  private static func placed(_ finding: Finding, in bytes: [UInt8]) {
    guard let position = finding.position else { return }
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    expect((1...lines.count).contains(position.line), "a line that is there: \(finding)")
    expect(
      (1...lines[position.line - 1].count + 1).contains(position.column), "a column that is there: \(finding)"
    )
    let isPrintable = finding.message.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    expect(isPrintable, "nothing that a terminal obeys: \(finding)")
  }

  /// A part read by itself is what it is in the whole.
  private static func nested(_ value: JSONValue, inside range: Range<Int>, of bytes: [UInt8]) {
    expect(
      range.contains(value.range.lowerBound) && value.range.upperBound <= range.upperBound, "inside the whole"
    )
    let again = (try? JSONDocument(parsing: Array(bytes[value.range])))?.root
    expect(again?.kind == value.kind && again?.string == value.string, "the same by itself")
    switch value.content {
    case .array(let values): for value in values { nested(value, inside: value.range, of: bytes) }
    case .object(let members): for member in members { nested(member.value, inside: value.range, of: bytes) }
    default: break
    }
  }

  private static func edited(_ bytes: [UInt8]) {
    guard let name = ApplicationName("fuzzed") else { return }
    var text = ManifestText(bytes, name: "m")
    guard let before = try? text.setVerificationToken("abc123", of: name) else {
      return expect(text.bytes == bytes, "what is refused changes nothing")
    }
    let auth = { (bytes: [UInt8]) in (try? JSONDocument(parsing: bytes))?.root.value(of: "auth") }
    let tokens = auth(text.bytes)?.value(of: "verification_tokens")
    expect(tokens?.value(of: "fuzzed")?.string == "abc123", "what was put in is there")
    let others = { (value: JSONValue?) in value?.members?.map(\.name).filter { $0 != "fuzzed" } ?? [] }
    expect(others(auth(bytes)?.value(of: "verification_tokens")) == others(tokens), "no other is changed")
    guard case .absent = before else { return }
    expect((try? text.removeVerificationToken(of: name)) == true, "what was put in can be taken out")
    expect(
      others(auth(text.bytes)?.value(of: "verification_tokens")) == others(tokens), "no other goes with it")
  }

  /// In the midst of anything, as long as no letter and no escape touches it.
  private static func found(_ bytes: [UInt8]) {
    guard bytes.count <= 1000, let context = try? DigestContext(),
      let digest = context.digest(of: secret.span)
    else { return }
    let text =
      bytes.prefix(bytes.count / 2) + Array(" ".utf8) + secret + Array(" ".utf8)
      + bytes.suffix(bytes.count / 2)
    expect((try? PublishedSecrets.contains(digest, in: Array(text))) == true, "a secret is found")
    let search = try? PublishedSecrets(.empty, at: .distantPast)
    let findings = try? search?.findings(in: Array(text), of: "m")
    expect(findings?.contains { !$0.message.contains("brd_") } == true, "its shape is found")
  }
}
