/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3): `192.0.2.0/24`, `2001:db8::/32`.
public struct AddressBlock: Hashable, Sendable {
  /// Its first address.
  public let network: IPAddress

  /// How many leading bits all its addresses share.
  public var prefix: Int { Int(length) }

  private let length: UInt8

  /// Why a text is no block, as the end of a sentence that names the fix.
  public enum ParsingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No address at all, or a name, a zone id, a leading zero.
    case address
    /// The prefix is no number, or none of those that the address may have.
    case prefix(ClosedRange<Int>)
    /// Bits are set behind the prefix; the block that was probably meant.
    case hostBits(network: String)

    /// `has bits set behind its prefix; write 192.0.2.0/24`
    public var description: String {
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
  public init(parsing bytes: Span<UInt8>) throws(ParsingError) {
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
  public init(parsing text: String) throws(ParsingError) {
    try self.init(parsing: text.utf8.span)
  }

  /// Whether `address` is of the block's family and inside it.
  public func contains(_ address: IPAddress) -> Bool {
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
  public var description: String {
    prefix == network.family.width ? network.description : "\(network)/\(prefix)"
  }
}
