import Glibc

/// An IPv4 or IPv6 address.
///
/// An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) equals that IPv4 address: a
/// web server that listens on `[::]` must not change which lines of the token file apply.
package struct IPAddress: Hashable, Sendable {
  /// The IP version; an address of one is never inside a block of the other.
  package enum Family: Hashable, Sendable {
    case v4
    case v6

    /// The number of bits in an address.
    package var width: Int { self == .v4 ? 32 : 128 }
  }

  /// The IP version.
  package let family: Family

  /// Right-aligned: an IPv4 address is the lowest 32 bits.
  package let bits: UInt128

  /// An address with these right-aligned bits; a mapped IPv4 address becomes IPv4.
  package init(family: Family, bits: UInt128) {
    let isMapped = family == .v6 && bits >> 32 == 0xffff
    self.family = isMapped ? .v4 : family
    self.bits = isMapped ? bits & 0xffff_ffff : bits
  }
}

extension IPAddress: CustomStringConvertible {
  /// `192.0.2.1`, or the shortest form of RFC 5952: `2001:db8::1`.
  package var description: String {
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

  /// The first of the longest runs of two or more groups (RFC 5952 section 4.2); empty, at the end, if there is
  /// none.
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

extension IPAddress {
  /// Parses an address, as a web server writes it to REMOTE_ADDR. Nil for anything else: ports, brackets, zone
  /// ids, names, octal or shortened IPv4, all of which inet_pton(3) rejects.
  package init?(parsing bytes: Span<UInt8>) {
    // INET6_ADDRSTRLEN: the longest text and its NUL.
    guard bytes.count < INET6_ADDRSTRLEN else { return nil }
    var text: [46 of CChar] = .init(repeating: 0)
    for index in bytes.indices {
      // inet_pton would stop at a NUL and accept the text before it.
      guard bytes[index] != 0 else { return nil }
      text[index] = CChar(truncatingIfNeeded: bytes[index])
    }
    guard let address = IPAddress(text.span) else { return nil }
    self = address
  }

  /// Parses an address.
  package init?(parsing text: String) {
    self.init(parsing: text.utf8.span)
  }

  /// - Parameter text: NUL-terminated.
  private init?(_ text: Span<CChar>) {
    // The pointer belongs to the span and is used during two calls only.
    let bits = text.withUnsafeBufferPointer { text -> (Family, UInt128)? in
      var v4: UInt32 = 0
      if inet_pton(AF_INET, text.baseAddress, &v4) == 1 { return (.v4, UInt128(UInt32(bigEndian: v4))) }
      var v6: UInt128 = 0
      if inet_pton(AF_INET6, text.baseAddress, &v6) == 1 { return (.v6, UInt128(bigEndian: v6)) }
      return nil
    }
    guard let (family, bits) = bits else { return nil }
    self.init(family: family, bits: bits)
  }
}

/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3): `192.0.2.0/24`, `2001:db8::/32`.
package struct AddressBlock: Hashable, Sendable {
  /// The first address.
  package let network: IPAddress

  /// The prefix length: the number of leading bits that all addresses share.
  package var prefix: Int { Int(length) }

  private let length: UInt8

  /// Why a text is not a block, as the end of a sentence that names the fix.
  package enum ParsingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not an address: a name, a zone id, a leading zero.
    case address
    /// The prefix is not a number, or outside this range.
    case prefix(ClosedRange<Int>)
    /// Bits are set after the prefix; the block that was probably meant.
    case hostBits(network: String)

    /// `has bits set after its prefix; write 192.0.2.0/24`
    package var description: String {
      switch self {
      case .address: "is not an IPv4 or IPv6 address or block; write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32"
      case .prefix(let lengths):
        "needs a prefix length from \(lengths.lowerBound) to \(lengths.upperBound) after the slash"
      case .hostBits(let network): "has bits set after its prefix; write \(network)"
      }
    }
  }

  /// Parses `ADDRESS/PREFIX`, or an address alone, which is a block of one. A block inside `::ffff:0:0/96`
  /// becomes the IPv4 block it maps.
  package init(parsing bytes: Span<UInt8>) throws(ParsingError) {
    let slash = bytes.firstIndex(of: UInt8(ascii: "/"))
    let written = bytes.extracting(..<(slash ?? bytes.count))
    guard let address = IPAddress(parsing: written) else { throw .address }

    let isMapped = address.family == .v4 && written.firstIndex(of: UInt8(ascii: ":")) != nil
    let unused = isMapped ? 96 : 0
    let lengths = unused...(unused + address.family.width)
    var prefix = lengths.upperBound
    if let slash {
      guard let value = AddressBlock.prefix(bytes.extracting((slash + 1)...)), lengths.contains(value) else {
        throw .prefix(lengths)
      }
      prefix = value
    }
    prefix -= unused

    network = AddressBlock.masked(address, prefix: prefix)
    length = UInt8(prefix)
    guard network == address else { throw .hostBits(network: description) }
  }

  /// Parses a block.
  package init(parsing text: String) throws(ParsingError) {
    try self.init(parsing: text.utf8.span)
  }

  /// Whether `address` is of the block's family and inside it.
  package func contains(_ address: IPAddress) -> Bool {
    address.family == network.family && AddressBlock.masked(address, prefix: prefix) == network
  }

  /// One to three digits without a leading zero.
  private static func prefix(_ bytes: Span<UInt8>) -> Int? {
    guard (1...3).contains(bytes.count), bytes.count == 1 || bytes[0] != UInt8(ascii: "0") else { return nil }
    return bytes.decimal(from: 0, to: bytes.count)
  }

  private static func masked(_ address: IPAddress, prefix: Int) -> IPAddress {
    let host = UInt128(address.family.width - prefix)
    // A shift by the whole width gives zero in Swift, so /0 needs no case of its own.
    return IPAddress(family: address.family, bits: (address.bits >> host) << host)
  }
}

extension AddressBlock: CustomStringConvertible {
  /// `192.0.2.0/24`; a block of one is written as its address.
  package var description: String {
    prefix == network.family.width ? network.description : "\(network)/\(prefix)"
  }
}
