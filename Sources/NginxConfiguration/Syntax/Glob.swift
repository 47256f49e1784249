/// A pattern of glob(7), for `include`: `*` and `?` do not match a slash, nor a dot at the start of a name.
struct Glob {
  private let pattern: [UInt8]

  init(_ pattern: String) {
    self.pattern = Array(pattern.utf8)
  }

  func matches(_ name: String) -> Bool {
    let name = Array(name.utf8)
    var (p, n) = (0, 0)
    // Where to go on after the last star, with one byte more for it.
    var retry: (p: Int, n: Int)?
    while n < name.count {
      let isHidden = name[n] == UInt8(ascii: ".") && (n == 0 || name[n - 1] == UInt8(ascii: "/"))
      if p < pattern.count, pattern[p] == UInt8(ascii: "*"), !isHidden {
        retry = (p + 1, n)
        p += 1
      } else if let next = step(p, name[n], isHidden) {
        p = next
        n += 1
      } else if let (star, start) = retry, name[start] != UInt8(ascii: "/") {
        retry = (star, start + 1)
        (p, n) = (star, start + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// The index after the part of the pattern that this byte matches.
  private func step(_ p: Int, _ byte: UInt8, _ isHidden: Bool) -> Int? {
    guard p < pattern.count else { return nil }
    switch pattern[p] {
    case UInt8(ascii: "?"): return byte == UInt8(ascii: "/") || isHidden ? nil : p + 1
    case UInt8(ascii: "["):
      guard let close = pattern[(p + 1)...].dropFirst().firstIndex(of: UInt8(ascii: "]")), !isHidden else {
        return nil
      }
      var set = pattern[(p + 1)..<close]
      let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
      if isNegated { set.removeFirst() }
      return set.isEmpty || Glob.contains(set, byte) == isNegated ? nil : close + 1
    case UInt8(ascii: "\\") where p + 1 < pattern.count: return pattern[p + 1] == byte ? p + 2 : nil
    case let other: return other == byte ? p + 1 : nil
    }
  }

  private static func contains(_ set: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
    var index = set.startIndex
    while index < set.endIndex {
      if index + 2 < set.endIndex, set[index + 1] == UInt8(ascii: "-") {
        if set[index] <= byte, byte <= set[index + 2] { return true }
        index += 3
      } else {
        if set[index] == byte { return true }
        index += 1
      }
    }
    return false
  }
}
