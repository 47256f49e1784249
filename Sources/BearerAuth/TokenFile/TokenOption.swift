/// What can stand behind a hash in the token file. Options restrict a token, or describe it; none grants.
enum TokenOption: String, CaseIterable {
  case id
  case created
  case expires
  case notBefore = "not-before"
  case scopes
  case from

  init?(_ name: Span<UInt8>) {
    if name.elementsEqual("id") {
      self = .id
    } else if name.elementsEqual("created") {
      self = .created
    } else if name.elementsEqual("expires") {
      self = .expires
    } else if name.elementsEqual("scopes") {
      self = .scopes
    } else if name.elementsEqual("from") {
      self = .from
    } else if name.elementsEqual("not-before") {
      self = .notBefore
    } else {
      return nil
    }
  }

  /// How it is written.
  var example: String {
    switch self {
    case .id: "id=k7f3q2"
    case .created, .expires, .notBefore: "\(rawValue)=2027-01-31"
    case .scopes: "scopes=read,write"
    case .from: "from=192.0.2.0/24,2001:db8::/32"
    }
  }

  /// What to say of an option that does not exist. A word that could be a secret is not repeated.
  static func unknown(_ name: Span<UInt8>) -> String {
    let known = allCases.map { "\($0.rawValue)=" }.joined(separator: " ")
    guard let word = showable(name) else { return "not an option; those are \(known)" }
    let near = Spelling.nearest(to: word, among: allCases.map(\.rawValue))
    let hint = near.map { "did you mean \"\($0)\"?" } ?? "there are \(known)"
    return "unknown option \"\(word)\" (\(hint))"
  }

  /// Short words of letters are not secrets; anything else might be.
  private static func showable(_ name: Span<UInt8>) -> String? {
    guard (1...20).contains(name.count) else { return nil }
    for index in name.indices {
      guard name[index].isLetter || name[index] == UInt8(ascii: "-") || name[index] == UInt8(ascii: "_")
      else {
        return nil
      }
    }
    return name.asciiText
  }
}
