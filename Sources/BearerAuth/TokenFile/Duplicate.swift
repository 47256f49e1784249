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

  /// All duplicates among `tokens`.
  public static func all(in tokens: [Token]) -> [Duplicate] {
    duplicates(.hash, in: tokens, position: \.digest.position) { $0.digest == $1.digest }
      + duplicates(.key, in: tokens, position: keyPosition) {
        $0.key != nil && $0.key == $1.key && $0.application == $1.application
      }
  }

  private static func duplicates(
    _ kind: Kind, in tokens: [Token], position: (Token) -> UInt64?, areSame: (Token, Token) -> Bool
  ) -> [Duplicate] {
    var table = SlotTable(capacity: tokens.count)
    var found: [Duplicate] = []
    for later in tokens.indices {
      guard let position = position(tokens[later]) else { continue }
      if let earlier = table.insert(later, at: position, where: { areSame(tokens[$0], tokens[later]) }) {
        found.append(Duplicate(kind: kind, earlier: earlier, later: later, first: tokens[earlier]))
      }
    }
    return found
  }

  private static func keyPosition(_ token: Token) -> UInt64? {
    guard let key = token.key else { return nil }
    var hasher = Hasher()
    hasher.combine(token.application)
    hasher.combine(key)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}
