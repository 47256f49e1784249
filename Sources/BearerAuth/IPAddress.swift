/// An IPv4 or IPv6 address.
///
/// An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is that IPv4 address: a front
/// that listens on `[::]` must not change which lines of the token file apply.
package struct IPAddress: Hashable, Sendable {
  /// The two protocols; an address of one is never inside a block of the other.
  package enum Family: Hashable, Sendable {
    case v4
    case v6

    /// How many bits an address has.
    package var width: Int { self == .v4 ? 32 : 128 }
  }

  /// Which protocol it belongs to.
  package let family: Family

  /// Right-aligned: an IPv4 address is the lowest 32 bits.
  package let bits: UInt128

  /// An address by its bits, right-aligned.
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

extension IPAddress {
  /// Reads the text of an address, as a web server puts it into REMOTE_ADDR. Nil for anything else: ports,
  /// brackets, zone ids, names, octal or shortened IPv4.
  package init?(parsing bytes: Span<UInt8>) {
    if let bits = IPAddress.v4(bytes) {
      self.init(family: .v4, bits: UInt128(bits))
    } else if let bits = IPAddress.v6(bytes) {
      self.init(family: .v6, bits: bits)
    } else {
      return nil
    }
  }

  /// Reads the text of an address.
  package init?(parsing text: String) {
    self.init(parsing: text.utf8.span)
  }

  /// Four decimal octets. A leading zero is refused: inet_aton(3) would read it as octal, other readers not.
  private static func v4(_ bytes: Span<UInt8>) -> UInt32? {
    var bits: UInt32 = 0
    var start = 0
    for octet in 0..<4 {
      let end = octet < 3 ? bytes.firstIndex(of: UInt8(ascii: "."), from: start) ?? bytes.count : bytes.count
      guard (1...3).contains(end - start), let value = bytes.decimal(from: start, to: end), value <= 255,
        end - start == 1 || bytes[start] != UInt8(ascii: "0"), octet == 3 || end < bytes.count
      else { return nil }
      bits = bits << 8 | UInt32(value)
      start = end + 1
    }
    return bits
  }

  /// The forms of RFC 4291 section 2.2: eight groups, `::` for one or more groups of zeros, an IPv4 tail.
  private static func v6(_ bytes: Span<UInt8>) -> UInt128? {
    guard let gap = doubleColon(in: bytes) else {
      guard let (bits, count) = groups(bytes), count == 8 else { return nil }
      return bits
    }
    guard let (head, headCount) = groups(bytes.extracting(..<gap), mayEndInV4: false),
      let (tail, tailCount) = groups(bytes.extracting((gap + 2)...)), headCount + tailCount < 8
    else { return nil }
    return headCount == 0 ? tail : head << UInt128(16 * (8 - headCount)) | tail
  }

  private static func doubleColon(in bytes: Span<UInt8>) -> Int? {
    var index = 1
    while index < bytes.count {
      if bytes[index - 1] == UInt8(ascii: ":"), bytes[index] == UInt8(ascii: ":") { return index - 1 }
      index += 1
    }
    return nil
  }

  /// Groups between single colons, right-aligned, and how many there are; none in no bytes.
  private static func groups(_ bytes: Span<UInt8>, mayEndInV4: Bool = true) -> (bits: UInt128, count: Int)? {
    var bits: UInt128 = 0
    var count = 0
    var start = 0
    while start < bytes.count {
      let end = bytes.firstIndex(of: UInt8(ascii: ":"), from: start) ?? bytes.count
      let part = bytes.extracting(start..<end)
      // A colon at the end would open a group that never comes.
      guard count < 8, end + 1 != bytes.count else { return nil }
      if let value = group(part) {
        bits = bits << 16 | UInt128(value)
        count += 1
      } else if mayEndInV4, end == bytes.count, count <= 6, let value = v4(part) {
        bits = bits << 32 | UInt128(value)
        count += 2
      } else {
        return nil
      }
      start = end + 1
    }
    return (bits, count)
  }

  /// One to four hexadecimal digits.
  private static func group(_ bytes: Span<UInt8>) -> UInt16? {
    guard (1...4).contains(bytes.count) else { return nil }
    var value: UInt16 = 0
    for index in bytes.indices {
      guard let digit = bytes[index].hexValue else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}

/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3): `192.0.2.0/24`, `2001:db8::/32`.
package struct AddressBlock: Hashable, Sendable {
  /// Its first address.
  package let network: IPAddress

  /// How many leading bits all its addresses share.
  package var prefix: Int { Int(length) }

  private let length: UInt8

  /// Why a text is no block, as the end of a sentence that names the fix.
  package enum ParsingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No address at all, or a name, a zone id, a leading zero.
    case address
    /// The prefix is no number, or none of those that the address may have.
    case prefix(ClosedRange<Int>)
    /// Bits are set behind the prefix; the block that was probably meant.
    case hostBits(network: String)

    /// `has bits set behind its prefix; write 192.0.2.0/24`
    package var description: String {
      switch self {
      case .address: "is no IPv4 or IPv6 address or block; write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32"
      case .prefix(let lengths):
        "has no prefix length from \(lengths.lowerBound) to \(lengths.upperBound) after its slash"
      case .hostBits(let network): "has bits set behind its prefix; write \(network)"
      }
    }
  }

  /// Reads `ADDRESS/PREFIX`, or a bare address, which is a block of one. A block inside `::ffff:0:0/96` is the
  /// IPv4 block it maps.
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

  /// Reads a block from text.
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
  /// `192.0.2.0/24`; a block of one is shown as its address.
  package var description: String {
    prefix == network.family.width ? network.description : "\(network)/\(prefix)"
  }
}
