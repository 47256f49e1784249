import BearerAuth

/// How the rules read a member: what they get is of the right kind, and what is not they report.
extension ManifestRules {
  /// A text with something in it, and where it stands.
  /// - Parameter purpose: what belongs there, for who left it out.
  mutating func text(_ name: String, of parent: JSONValue, _ purpose: String) -> (text: String, place: Int)? {
    guard let value = value(name, of: parent, purpose) else { return nil }
    let place = value.range.lowerBound
    guard let text = value.string else {
      findings.error(at: place, "\"\(name)\" is a string, and this is \(value.kind)")
      return nil
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      findings.error(at: place, "\"\(name)\" is empty; write \(purpose)")
      return nil
    }
    return (text, place)
  }

  mutating func object(_ name: String, of parent: JSONValue, _ purpose: String) -> JSONValue? {
    guard let value = value(name, of: parent, purpose) else { return nil }
    guard value.members != nil else {
      findings.error(at: value.range.lowerBound, "\"\(name)\" is an object, and this is \(value.kind)")
      return nil
    }
    return value
  }

  mutating func url(_ name: String, of parent: JSONValue, _ purpose: String) -> WebURL? {
    guard let (text, place) = text(name, of: parent, purpose) else { return nil }
    do throws(WebURL.Invalid) {
      let url = try WebURL(parsing: text)
      if !url.isSecure, !url.isLoopback {
        findings.warning(at: place, "\"\(name)\" is not encrypted; write https://")
      }
      return url
    } catch {
      let isMail = text.contains("@") && !text.contains("/")
      findings.error(
        at: place, "\"\(name)\" \(isMail ? "is a mail address; write https://HOST/PATH" : error.description)")
      return nil
    }
  }

  private mutating func value(_ name: String, of parent: JSONValue, _ purpose: String) -> JSONValue? {
    if let value = parent.value(of: name) { return value }
    let near = Spelling.nearest(to: name, among: parent.members?.map(\.name) ?? [])
    guard let near, let member = parent.member(near), !ManifestRules.fields.contains(near) else {
      findings.error(at: parent.range.lowerBound, "\"\(name)\" is missing: \(purpose)")
      return nil
    }
    findings.error(at: member.nameRange.lowerBound, "\"\(near)\" is unknown; did you mean \"\(name)\"?")
    return nil
  }

  /// Names that are known with another spelling, beside the right one: one of the two is a leftover. Names that nobody
  /// knows are other people's extensions.
  mutating func checkNames(of parent: JSONValue, known: [String]) {
    let present = known.filter { parent.member($0) != nil }
    for member in parent.members ?? [] where !known.contains(member.name) {
      guard let meant = Spelling.nearest(to: member.name, among: known), present.contains(meant) else {
        continue
      }
      findings.warning(
        at: member.nameRange.lowerBound, "\"\(member.name)\" is unknown, and \"\(meant)\" is here as well")
    }
  }
}
