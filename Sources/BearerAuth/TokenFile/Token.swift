/// One line of the token file: whom a secret speaks for, and what restricts it.
///
/// A million of these are in memory at once: the fields are ordered so that they pack into 112 bytes.
package struct Token: Sendable {
  /// Of the secret; the secret itself is nowhere.
  package private(set) var digest: Digest
  /// Whom it speaks for.
  package private(set) var application: String
  /// Its public name among the application's; nil where the line has no `id=`.
  package private(set) var key: String?
  /// The first instant at which it is good; the distant past where the line does not say.
  package private(set) var notBefore: Instant
  /// The first instant at which it is no longer good; the distant future where the line does not say.
  package private(set) var expires: Instant
  /// The doors it opens; nil: every door.
  package private(set) var scopes: [Scope]?
  /// Where it may come from; nil: anywhere.
  package private(set) var origins: [AddressBlock]?
  /// When it was made; for people, it decides nothing.
  package private(set) var created: Instant?
  /// How many files `file` can tell apart.
  package static let maximumFiles = 1 << 16
  private var fileNumber: UInt16
  private var lineNumber: UInt32

  /// The token of a line; all but the first two are what the line's options say.
  package init(
    digest: Digest, application: String, key: String? = nil, created: Instant? = nil,
    notBefore: Instant = .distantPast, expires: Instant = .distantFuture,
    scopes: [Scope]? = nil, origins: [AddressBlock]? = nil, line: Int = 0, file: Int = 0
  ) {
    self.digest = digest
    self.application = application
    self.key = key
    self.created = created
    self.notBefore = notBefore
    self.expires = expires
    self.scopes = scopes
    self.origins = origins
    lineNumber = UInt32(clamping: line)
    fileNumber = UInt16(clamping: file)
  }

  /// What takes this token's place in a rotation: a copy that differs in these values only, so that every restriction
  /// stays, also one that is added to this type later. It stands on no line yet.
  package func replacement(digest: Digest, key: String, created: Instant, expires: Instant) -> Token {
    var token = self
    token.digest = digest
    token.key = key
    token.created = created
    token.expires = expires
    token.lineNumber = 0
    token.fileNumber = 0
    return token
  }

  /// Its line in its file, from 1.
  package var line: Int { Int(lineNumber) }

  /// Which of the files that were read together it stands in, from 0.
  package var file: Int { Int(fileNumber) }

  /// The instant it expires is the first at which it is refused.
  package func isExpired(at now: Instant) -> Bool { now >= expires }

  /// The instant of `not-before=` is the first at which it is good.
  package func isNotYetValid(at now: Instant) -> Bool { now < notBefore }

  /// Whether it may come from `address`; where it may not come from anywhere, an unknown address is refused.
  package func admits(_ address: IPAddress?) -> Bool {
    guard let origins else { return true }
    guard let address else { return false }
    for block in origins where block.contains(address) { return true }
    return false
  }

  /// Whether it is valid where a location requires this. A token with scopes is refused where none is required.
  package func opens(_ required: RequiredScopes) -> Bool {
    if case .invalid = required { return false }
    guard let scopes else { return true }
    switch required {
    case .absent, .invalid: return false
    case .one(let scope): return scopes.contains(scope)
    case .any(let wanted): return wanted.contains { scopes.contains($0) }
    }
  }
}

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

/// Values that many lines share, kept once: lines that say the same share one array or one String.
struct Interned<Value> {
  private var values: [(text: [UInt8], value: Value)] = []
  /// Which of the values stands for a text, by the text's hash. Of two texts with one hash the first is shared and
  /// the other is not, which costs memory and nothing else.
  private var places: [UInt64: Int] = [:]
  private var last = 0

  /// What was remembered for `text`.
  mutating func value(of text: Span<UInt8>) -> Value? {
    guard !values.isEmpty else { return nil }
    // Neighbours are most often alike.
    if text.elementsEqual(values[last].text) { return values[last].value }
    guard let place = places[text.hash], text.elementsEqual(values[place].text) else { return nil }
    last = place
    return values[place].value
  }

  /// Remembers `value` for all later lines that say `text`.
  mutating func remember(_ value: Value, of text: Span<UInt8>) {
    let hash = text.hash
    guard places[hash] == nil else { return }
    places[hash] = values.count
    last = values.count
    values.append((text.array, value))
  }
}

extension Span where Element == UInt8 {
  /// FNV-1a.
  fileprivate var hash: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in indices { hash = (hash ^ UInt64(self[index])) &* 0x100_0000_01b3 }
    return hash
  }
}
