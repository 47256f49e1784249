/// Every token, findable by its digest; made once, never changed, shared by all threads.
///
/// Fails closed: an empty policy denies everything.
package final class Policy: Sendable {
  /// In the order they were given.
  package let tokens: [Token]
  private let table: SlotTable

  /// Of two tokens with one digest the first counts; the token file's reader refuses such files before.
  package init(_ tokens: [Token]) {
    var table = SlotTable(capacity: tokens.count)
    for index in tokens.indices {
      _ = table.insert(index, at: tokens[index].digest.position) { tokens[$0].digest == tokens[index].digest }
    }
    self.tokens = tokens
    self.table = table
  }

  /// The same for another thread: threads that shared one object would fight over its reference count.
  package init(sharing other: Policy) {
    tokens = other.tokens
    table = other.table
  }

  /// Shuts every door.
  package static let empty = Policy([])

  /// The token whose secret has this digest.
  package func token(matching digest: Digest) -> Token? {
    number(matching: digest).map { tokens[$0] }
  }

  /// Which of the tokens that is.
  package func number(matching digest: Digest) -> Int? {
    table.first(at: digest.position) { tokens[$0].digest == digest }
  }

  /// Whether `request` may come in at `now`. Allocates nothing.
  package func decide(_ request: AccessRequest, at now: Instant) -> Decision {
    switch request.credential {
    case .absent: return .deny(.noCredentials, nil)
    case .otherScheme: return .deny(.otherScheme, nil)
    // Nothing is known of an unhashed token; the service answers 500 before it asks.
    case .malformed, .unhashed: return .deny(.malformed, nil)
    case .mistyped: return .deny(.mistyped, nil)
    case .token(let digest):
      guard let number = number(matching: digest) else { return .deny(.unknownToken, nil) }
      return denial(of: request, to: number, at: now).map { .deny($0, number) } ?? .allow(number)
    }
  }

  /// What a known token's restrictions say. The scope comes last: only a token that is good in all else may
  /// learn, by a 403, that it is good.
  private func denial(of request: AccessRequest, to number: Int, at now: Instant) -> Denial? {
    guard !tokens[number].isExpired(at: now) else { return .expired }
    guard !tokens[number].isNotYetValid(at: now) else { return .notYetValid }
    guard tokens[number].admits(request.address) else { return .wrongAddress }
    guard tokens[number].opens(request.scope) else { return .insufficientScope }
    return nil
  }
}

/// Numbers of elements, findable by hash: open addressing with linear probing.
///
/// At most half of the slots are taken, so a search looks at one or two of them, with one element or a million.
/// Each holds the upper half of the element's hash too: an element is asked only where that half agrees.
struct SlotTable: Sendable {
  /// The upper half of the hash, and the element's number and 1; 0 where the slot is free.
  private var slots: [UInt64]
  private let mask: Int

  /// - Parameter capacity: how many elements there can be at most.
  init(capacity: Int) {
    var size = 2
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: 0, count: size)
    mask = size - 1
  }

  /// The first element under `hash` that `matches`.
  func first(at hash: UInt64, where matches: (Int) -> Bool) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if let element = SlotTable.element(slots[slot], under: hash), matches(element) { return element }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Puts `element` in, unless one that `matches` is there already: then it gives that one and changes nothing.
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
