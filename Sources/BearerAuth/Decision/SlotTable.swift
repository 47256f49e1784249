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
