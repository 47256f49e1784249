/// All tokens, indexed by digest; immutable, shared by all threads.
///
/// Fails closed: an empty policy denies everything.
package final class Policy: Sendable {
  /// In the order given.
  package let tokens: [Token]
  private let table: SlotTable

  /// Of two tokens with one digest the first counts; `TokenFile` reports such files as errors.
  package init(_ tokens: [Token]) {
    var table = SlotTable(capacity: tokens.count)
    for index in tokens.indices {
      _ = table.insert(index, at: tokens[index].digest.position) { tokens[$0].digest == tokens[index].digest }
    }
    self.tokens = tokens
    self.table = table
  }

  /// The same policy in another object for another thread: threads that share one object contend for its
  /// reference count.
  package init(sharing other: Policy) {
    tokens = other.tokens
    table = other.table
  }

  /// Denies every request.
  package static let empty = Policy([])

  /// The token whose secret has this digest.
  package func token(matching digest: Digest) -> Token? {
    index(matching: digest).map { tokens[$0] }
  }

  /// The index of that token in `tokens`.
  package func index(matching digest: Digest) -> Int? {
    table.first(at: digest.position) { tokens[$0].digest == digest }
  }

  /// Whether `request` is allowed at `now`. Allocates nothing.
  package func decide(_ request: AccessRequest, at now: Instant) -> Decision {
    switch request.credential {
    case .absent: return .deny(.noCredentials, nil)
    case .otherScheme: return .deny(.otherScheme, nil)
    // The service answers a request whose token could not be hashed with 500 and does not decide it.
    case .malformed, .unhashed: return .deny(.malformed, nil)
    case .mistyped: return .deny(.mistyped, nil)
    case .token(let digest):
      guard let index = index(matching: digest) else { return .deny(.unknownToken, nil) }
      return denial(of: request, by: index, at: now).map { .deny($0, index) } ?? .allow(index)
    }
  }

  /// Checks the restrictions of a known token. The scope comes last: a 403 tells the client that the token is
  /// valid, so everything else must be right.
  private func denial(of request: AccessRequest, by index: Int, at now: Instant) -> Denial? {
    guard !tokens[index].isDisabled else { return .disabled }
    guard !tokens[index].isExpired(at: now) else { return .expired }
    guard !tokens[index].isNotYetValid(at: now) else { return .notYetValid }
    guard tokens[index].admits(request.address) else { return .wrongAddress }
    guard tokens[index].grants(request.scope) else { return .insufficientScope }
    return nil
  }
}

/// What was changed in the tokens, for logs: applications and key ids, and never a hash.
package struct TokenChanges: Sendable {
  /// How a token was changed.
  package enum Kind: String, CaseIterable, Sendable {
    case added
    case removed
    case disabled
    case enabled
    /// Its application, key id, time, scopes, addresses or note.
    case changed
  }

  /// The names of the first of each kind, and the number of all.
  private var tokens: [Kind: (names: [String], count: Int)] = [:]

  /// The maximum number of names that are kept for each kind: there may be a million.
  private static let maximum = 50

  /// No change.
  package init() {}

  /// The difference of two loads. A token is recognized by its hash.
  package init(from old: Policy, to new: Policy) {
    for index in old.tokens.indices {
      guard let later = new.index(matching: old.tokens[index].digest) else {
        note(.removed, old.tokens[index])
        continue
      }
      if old.tokens[index].isDisabled != new.tokens[later].isDisabled {
        note(new.tokens[later].isDisabled ? .disabled : .enabled, new.tokens[later])
      }
      if !old.tokens[index].isDescribed(as: new.tokens[later]) { note(.changed, new.tokens[later]) }
    }
    for index in new.tokens.indices where old.index(matching: new.tokens[index].digest) == nil {
      note(.added, new.tokens[index])
    }
  }

  /// Adds a change.
  package mutating func note(_ kind: Kind, _ token: Token) {
    tokens[kind, default: ([], 0)].count += 1
    guard tokens[kind, default: ([], 0)].names.count < TokenChanges.maximum else { return }
    tokens[kind, default: ([], 0)].names.append("\(token.application) \(token.key ?? "without id=")")
  }

  /// For each kind that occurs, its name and those of the tokens: `openai k7f3q2, ci m2x9aa and 998 more`.
  /// - Parameter limit: the maximum number of names for each kind; at most 50 are known.
  package func fields(limit: Int) -> [(name: String, value: String)] {
    Kind.allCases.compactMap { kind in
      guard let (names, count) = tokens[kind] else { return nil }
      let shown = names.prefix(limit)
      let rest = count > shown.count ? " and \((count - shown.count).groupedDigits) more" : ""
      return (kind.rawValue, shown.joined(separator: ", ") + rest)
    }
  }
}

/// A hash table of element indices: open addressing with linear probing.
///
/// At most half of the slots are used, so a search inspects one or two of them, with one element or a million.
/// Each slot also holds the upper half of the element's hash; `matches` is called only if that half agrees.
struct SlotTable: Sendable {
  /// The upper half of the hash, and the element's index plus 1; 0 if the slot is free.
  private var slots: [UInt64]
  private let mask: Int

  /// - Parameter capacity: the maximum number of elements.
  init(capacity: Int) {
    var size = 2
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: 0, count: size)
    mask = size - 1
  }

  /// The first element with `hash` that `matches`.
  func first(at hash: UInt64, where matches: (Int) -> Bool) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if let element = SlotTable.element(slots[slot], under: hash), matches(element) { return element }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Inserts `element`, unless one that `matches` is present: then it returns that one and changes nothing.
  mutating func insert(_ element: Int, at hash: UInt64, where matches: (Int) -> Bool) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if let present = SlotTable.element(slots[slot], under: hash), matches(present) { return present }
      slot = (slot + 1) & mask
    }
    slots[slot] = (hash >> 32) << 32 | UInt64(element + 1)
    return nil
  }

  private static func element(_ slot: UInt64, under hash: UInt64) -> Int? {
    slot >> 32 == hash >> 32 ? Int(slot & 0xffff_ffff) - 1 : nil
  }
}
