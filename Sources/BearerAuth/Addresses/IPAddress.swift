/// An IPv4 or IPv6 address.
///
/// An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is that IPv4 address: a front
/// that listens on `[::]` must not change which lines of the token file apply.
public struct IPAddress: Hashable, Sendable {
  /// The two protocols; an address of one is never inside a block of the other.
  public enum Family: Hashable, Sendable {
    case v4
    case v6

    /// How many bits an address has.
    public var width: Int { self == .v4 ? 32 : 128 }
  }

  /// Which protocol it belongs to.
  public let family: Family

  /// Right-aligned: an IPv4 address is the lowest 32 bits.
  public let bits: UInt128

  /// An address by its bits, right-aligned.
  public init(family: Family, bits: UInt128) {
    let isMapped = family == .v6 && bits >> 32 == 0xffff
    self.family = isMapped ? .v4 : family
    self.bits = isMapped ? bits & 0xffff_ffff : bits
  }
}

extension IPAddress: CustomStringConvertible {
  /// `192.0.2.1`, or the shortest form of RFC 5952: `2001:db8::1`.
  public var description: String {
    switch family {
    case .v4:
      return (0..<4).map { String((bits >> UInt128(24 - 8 * $0)) & 0xff) }.joined(separator: ".")
    case .v6:
      let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
      let gap = IPAddress.longestRunOfZeros(in: groups)
      let head = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
      let tail = groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
      return gap.isEmpty ? head : head + "::" + tail
    }
  }

  /// The first of the longest runs of two or more groups (RFC 5952 section 4.2); empty, at the end, where none is.
  private static func longestRunOfZeros(in groups: [UInt16]) -> Range<Int> {
    var longest = groups.count..<groups.count
    var start = 0
    while start < groups.count {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start >= 2, end - start > longest.count { longest = start..<end }
      start = max(end, start + 1)
    }
    return longest
  }
}
