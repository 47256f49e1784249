/// One line of the token file: the application a secret belongs to, and its restrictions.
///
/// Up to a million are in memory: the fields are ordered to pack into 120 bytes.
package struct Token: Sendable {
  /// The digest of the secret; the secret itself is not stored.
  package private(set) var digest: Digest
  /// The application's name.
  package private(set) var application: String
  /// The key id; nil if the line has no `id=`.
  package private(set) var key: String?
  /// The first instant at which it is valid; the distant past if the line has no `not-before=`.
  package private(set) var notBefore: Instant
  /// The first instant at which it is no longer valid; the distant future if the line has no `expires=`.
  package private(set) var expires: Instant
  /// The scopes it has; nil: valid in every location.
  package private(set) var scopes: [Scope]?
  /// The addresses it may be used from; nil: any.
  package private(set) var origins: [AddressBlock]?
  /// When it was made; informational only.
  package var created: Instant? { creation == .distantPast ? nil : creation }
  /// The distant past if the line has no `created=`.
  private var creation: Instant
  /// For administrators; informational only.
  package private(set) var note: Note?
  /// Whether the line has `disabled`: no request with the token is allowed.
  package private(set) var isDisabled: Bool
  /// The number of files that `file` can tell apart.
  package static let maximumFiles = 1 << 16
  private var fileNumber: UInt16
  private var lineNumber: UInt32

  /// The token of a line; all but the first two are the line's options.
  package init(
    digest: Digest, application: String, key: String? = nil, created: Instant? = nil,
    notBefore: Instant = .distantPast, expires: Instant = .distantFuture,
    scopes: [Scope]? = nil, origins: [AddressBlock]? = nil, note: Note? = nil, isDisabled: Bool = false,
    line: Int = 0, file: Int = 0
  ) {
    self.digest = digest
    self.application = application
    self.key = key
    creation = created ?? .distantPast
    self.note = note
    self.isDisabled = isDisabled
    self.notBefore = notBefore
    self.expires = expires
    self.scopes = scopes
    self.origins = origins
    lineNumber = UInt32(clamping: line)
    fileNumber = UInt16(clamping: file)
  }

  /// The token that replaces this one in a rotation: a copy that differs in these values only, so every
  /// restriction is kept, also one added to this type later. It is not on a line yet.
  package func replacement(digest: Digest, key: String, created: Instant, expires: Instant) -> Token {
    var token = self
    token.digest = digest
    token.key = key
    token.creation = created
    token.expires = expires
    token.lineNumber = 0
    token.fileNumber = 0
    return token
  }

  /// Whether another line of the same hash has the same application and options, `disabled` aside.
  func isDescribed(as other: Token) -> Bool {
    application == other.application && key == other.key && creation == other.creation
      && notBefore == other.notBefore && expires == other.expires && scopes == other.scopes
      && origins == other.origins && note?.description == other.note?.description
  }

  /// The line number in its file, from 1.
  package var line: Int { Int(lineNumber) }

  /// The index of its file among those that were read together, from 0.
  package var file: Int { Int(fileNumber) }

  /// The instant of `expires=` is the first at which it is denied.
  package func isExpired(at now: Instant) -> Bool { now >= expires }

  /// The instant of `not-before=` is the first at which it is valid.
  package func isNotYetValid(at now: Instant) -> Bool { now < notBefore }

  /// Whether it may be used from `address`; a token with `from=` is denied if the address is unknown.
  package func admits(_ address: IPAddress?) -> Bool {
    guard let origins else { return true }
    guard let address else { return false }
    for block in origins where block.contains(address) { return true }
    return false
  }

  /// Whether it is valid in a location that requires these scopes. A token with scopes is denied in a location that
  /// requires none.
  package func grants(_ required: RequiredScopes) -> Bool {
    if case .invalid = required { return false }
    guard let scopes else { return true }
    switch required {
    case .absent, .invalid: return false
    case .any(let wanted): return wanted.contains { scopes.contains($0) }
    }
  }
}

/// The options after a hash in the token file. They restrict or describe a token; none grants anything.
enum TokenOption: String, CaseIterable {
  case id
  case created
  case notBefore = "not-before"
  case expires
  case scopes
  case from
  case note
  case disabled

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
    } else if name.elementsEqual("note") {
      self = .note
    } else if name.elementsEqual("disabled") {
      self = .disabled
    } else {
      return nil
    }
  }

  /// An example to show in messages.
  var example: String {
    switch self {
    case .id: "id=k7f3q2"
    case .created, .expires, .notBefore: "\(rawValue)=2027-01-31"
    case .scopes: "scopes=read,write"
    case .from: "from=192.0.2.0/24,2001:db8::/32"
    case .note: #"note="who owns it""#
    case .disabled: "disabled"
    }
  }

  /// How it begins on a line: `expires=`; all of `disabled`.
  var form: String { self == .disabled ? rawValue : "\(rawValue)=" }

  /// The message for an option that does not exist. The name is repeated only if it resembles an option:
  /// anything else could be a misplaced secret.
  static func unknown(_ name: Span<UInt8>) -> String {
    let known = allCases.map(\.rawValue)
    guard name.count <= 12, let near = Spelling.nearest(to: name.asciiText, among: known) else {
      return "not an option; the options are \(allCases.map(\.form).joined(separator: " "))"
    }
    return "unknown option \"\(name.asciiText)\" (did you mean \"\(near)\"?)"
  }
}

/// Values shared by many lines: equal lines share one array or String.
struct Interned<Value> {
  private var values: [(text: [UInt8], value: Value)] = []
  /// The index of the value for a text, by the text's hash. If two texts have one hash, only the first is
  /// shared; the other costs memory and nothing else.
  private var places: [UInt64: Int] = [:]
  private var last = 0

  /// The value remembered for `text`.
  mutating func value(of text: Span<UInt8>) -> Value? {
    guard !values.isEmpty else { return nil }
    // Neighbouring lines are often equal.
    if text.elementsEqual(values[last].text) { return values[last].value }
    guard let place = places[text.hash], text.elementsEqual(values[place].text) else { return nil }
    last = place
    return values[place].value
  }

  /// Remembers `value` for all later lines with `text`.
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
