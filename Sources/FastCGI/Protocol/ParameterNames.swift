/// The parameters a responder reads; all others are passed over.
///
/// An object, and one for each loop: loops that shared one would fight over its reference count.
public final class ParameterNames: Sendable {
  /// The names, in the order in which `Parameters` gives their values.
  public let names: [StaticString]
  /// For each length of a name, in bytes, which names have it: a bit each.
  private let ofLength: [UInt32]

  /// - Parameter names: at most 32, all different.
  public init(_ names: [StaticString]) {
    precondition(names.count <= 32, "a bit mask of 32 tells which were seen")
    self.names = names
    let longest = names.map(\.utf8CodeUnitCount).max() ?? 0
    var ofLength = [UInt32](repeating: 0, count: longest + 1)
    for (index, name) in names.enumerated() { ofLength[name.utf8CodeUnitCount] |= 1 << UInt32(index) }
    self.ofLength = ofLength
  }

  var count: Int { names.count }

  /// The place of `name` among the names; nil for one that nobody reads.
  func index(of name: Span<UInt8>) -> Int? {
    guard name.count < ofLength.count, !name.isEmpty else { return nil }
    var candidates = ofLength[name.count]
    while candidates != 0 {
      let index = candidates.trailingZeroBitCount
      // Two names of one length seldom end alike.
      let known = names[index].utf8Start
      if known[name.count - 1] == name[name.count - 1], name.begins(with: known, count: name.count) {
        return index
      }
      candidates &= candidates - 1
    }
    return nil
  }

  /// Why a whole stream of pairs may not be shown to libfcgi, which cuts values at NUL, splits names at `=`
  /// and takes the first of two equal names.
  func refusal(of pairs: Span<UInt8>) -> Refusal? {
    // Where there is none at all, not even in a length, no pair has to be searched.
    let holdsNul = pairs.contains(0)
    var seen: UInt32 = 0
    var cursor = 0
    while cursor < pairs.count {
      guard let pair = NameValue(pairs, at: cursor) else { return .brokenPair }
      let name = pairs.extracting(pair.name)
      if holdsNul, pairs.extracting(pair.name.lowerBound..<pair.value.upperBound).contains(0) {
        return .nulByte
      }
      if let index = index(of: name) {
        guard seen & 1 << index == 0 else { return .duplicateParameter }
        seen |= 1 << index
        // None of those that are asked for has one.
      } else if name.contains(UInt8(ascii: "=")) {
        return .equalsInName
      }
      cursor = pair.value.upperBound
    }
    return nil
  }
}
