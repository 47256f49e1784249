/// What can stand behind a hash in the token file. Options restrict a token, or describe it; none grants.
enum TokenOption: String, CaseIterable {
  case id
  case created
  case notBefore = "not-before"
  case expires
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

  /// What to say of an option that does not exist. It is repeated only where it resembles one that does:
  /// anything else could be a secret that slipped.
  static func unknown(_ name: Span<UInt8>) -> String {
    let known = allCases.map(\.rawValue)
    guard name.count <= 12, let near = Spelling.nearest(to: name.asciiText, among: known) else {
      return "not an option; there are \(known.map { "\($0)=" }.joined(separator: " "))"
    }
    return "unknown option \"\(name.asciiText)\" (did you mean \"\(near)\"?)"
  }
}
