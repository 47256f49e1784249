/// One line of the token file: whom a secret speaks for, and what restricts it.
///
/// A million of these are in memory at once: the fields are ordered so that they pack into 112 bytes.
public struct Token: Sendable {
  /// Of the secret; the secret itself is nowhere.
  public private(set) var digest: Digest
  /// Whom it speaks for.
  public private(set) var application: String
  /// Its public name among the application's; nil where the line has no `id=`.
  public private(set) var key: String?
  /// The first instant at which it is good; the distant past where the line does not say.
  public private(set) var notBefore: Instant
  /// The first instant at which it is no longer good; the distant future where the line does not say.
  public private(set) var expires: Instant
  /// The doors it opens; nil: every door.
  public private(set) var scopes: [Scope]?
  /// Where it may come from; nil: anywhere.
  public private(set) var origins: [AddressBlock]?
  /// When it was made; for people, it decides nothing.
  public private(set) var created: Instant?
  /// How many files `file` can tell apart.
  public static let maximumFiles = 1 << 16
  private var fileNumber: UInt16
  private var lineNumber: UInt32

  /// The token of a line; all but the first two are what the line's options say.
  public init(
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
  public func replacement(digest: Digest, key: String, created: Instant, expires: Instant) -> Token {
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
  public var line: Int { Int(lineNumber) }

  /// Which of the files that were read together it stands in, from 0.
  public var file: Int { Int(fileNumber) }

  /// The instant it expires is the first at which it is refused.
  public func isExpired(at now: Instant) -> Bool { now >= expires }

  /// The instant of `not-before=` is the first at which it is good.
  public func isNotYetValid(at now: Instant) -> Bool { now < notBefore }

  /// Whether it may come from `address`; where it may not come from anywhere, an unknown address is refused.
  public func admits(_ address: IPAddress?) -> Bool {
    guard let origins else { return true }
    guard let address else { return false }
    for block in origins where block.contains(address) { return true }
    return false
  }

  /// Whether it opens the door named `scope`. A token with scopes is refused at a door without a name.
  public func opens(_ scope: Scope?) -> Bool {
    guard let scopes else { return true }
    guard let scope else { return false }
    for held in scopes where held == scope { return true }
    return false
  }
}
