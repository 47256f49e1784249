/// Two tokens that cannot both be meant. Which of them would decide is not for the parser to choose.
public struct Duplicate: Sendable {
  /// What they share.
  public enum Kind: Sendable {
    /// The same secret twice: whose it is would depend on the order of lines.
    case hash
    /// The same key id twice in one application: nobody could tell them apart in a log.
    case key
  }

  /// What they share.
  public let kind: Kind
  /// Both as indices into the tokens that were searched.
  public let earlier: Int
  /// The one to complain about.
  public let later: Int
  private let first: Token

  /// What to tell the administrator about the later one.
  /// - Parameter place: says where a token stands: `line 3`.
  public func message(place: (Token) -> String) -> String {
    switch kind {
    case .hash: "the same hash stands on \(place(first)) already; remove one of them"
    case .key:
      "\(first.application) has a key \(first.key ?? "") on \(place(first)) already; choose another id="
    }
  }

  /// After so many of a kind the rest is not searched: the file is not used anyway.
  public static let maximum = 1000

  /// The duplicates among `tokens`: all of them where there are not too many.
  public static func all(in tokens: [Token]) -> [Duplicate] {
    equalHashes(in: tokens) + equalKeys(in: tokens)
  }

  private static func equalHashes(in tokens: [Token]) -> [Duplicate] {
    var table = SlotTable(capacity: tokens.count)
    var found: [Duplicate] = []
    for later in tokens.indices where found.count < maximum {
      let hash = tokens[later].digest.position
      if let earlier = table.insert(later, at: hash, where: { tokens[$0].digest == tokens[later].digest }) {
        found.append(Duplicate(kind: .hash, earlier: earlier, later: later, first: tokens[earlier]))
      }
    }
    return found
  }

  private static func equalKeys(in tokens: [Token]) -> [Duplicate] {
    // All hashes first: with a million tokens the table is out of the cache, and the processor can wait for many
    // slots at once only where it need not compute in between.
    let hashes = tokens.indices.map { keyHash(of: tokens[$0]) }
    var table = SlotTable(capacity: tokens.count)
    var found: [Duplicate] = []
    for later in tokens.indices where found.count < maximum {
      guard let hash = hashes[later] else { continue }
      let isSame = {
        tokens[$0].key == tokens[later].key && tokens[$0].application == tokens[later].application
      }
      if let earlier = table.insert(later, at: hash, where: isSame) {
        found.append(Duplicate(kind: .key, earlier: earlier, later: later, first: tokens[earlier]))
      }
    }
    return found
  }

  private static func keyHash(of token: Token) -> UInt64? {
    guard let key = token.key else { return nil }
    var hasher = Hasher()
    hasher.combine(token.application)
    hasher.combine(key)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}
