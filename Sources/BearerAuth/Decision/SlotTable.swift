/// Numbers of elements, findable by hash: open addressing with linear probing, four bytes a slot.
///
/// At most half of the slots are taken, so a search looks at one or two of them, with one element or a million.
struct SlotTable: Sendable {
  /// The element's number and 1; 0 where the slot is free.
  private var slots: [UInt32]
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
      let element = Int(slots[slot]) - 1
      if matches(element) { return element }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Puts `element` in, unless one that `matches` is there already: then it gives that one and changes nothing.
  mutating func insert(_ element: Int, at hash: UInt64, where matches: (Int) -> Bool) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let present = Int(slots[slot]) - 1
      if matches(present) { return present }
      slot = (slot + 1) & mask
    }
    slots[slot] = UInt32(element + 1)
    return nil
  }
}
