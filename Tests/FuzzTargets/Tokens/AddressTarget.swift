import Glibc

@testable import BearerAuth

/// Addresses and blocks, against inet_pton(3) and against counting bits one by one. The input is a block and an
/// address, a line each.
enum AddressTarget {
  static func run(_ bytes: [UInt8]) {
    let lines = bytes.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
    let address = lines.count > 1 ? address(lines[1]) : nil
    _ = self.address(lines[0])
    block(lines[0], address)
  }

  private static func address(_ text: [UInt8]) -> IPAddress? {
    let address = IPAddress(parsing: text.span)
    let bits = bits(text)
    expect(
      (address == nil) == (bits == nil),
      "the addresses of inet_pton: \(String(decoding: text, as: UTF8.self))")
    guard let address, let bits else { return nil }
    expect(AddressTarget.bits(of: address) == bits, "the bits of inet_pton: \(address)")
    expect(IPAddress(parsing: address.description) == address, "what is written is read: \(address)")
    return address
  }

  /// In network order, an IPv4 address's mapped into IPv6; nil where inet_pton(3) knows none.
  private static func bits(_ text: [UInt8]) -> [UInt8]? {
    guard !text.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    let string = text.map { CChar(bitPattern: $0) } + [0]
    if inet_pton(AF_INET, string, &bytes) == 1 { return mapped + bytes.prefix(4) }
    return inet_pton(AF_INET6, string, &bytes) == 1 ? bytes : nil
  }

  private static let mapped = [UInt8](repeating: 0, count: 10) + [255, 255]

  private static func bits(of address: IPAddress) -> [UInt8] {
    let bytes = stride(from: 120, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: address.bits >> UInt128($0))
    }
    return address.family == .v4 ? mapped + bytes.suffix(4) : bytes
  }

  private static func block(_ text: [UInt8], _ address: IPAddress?) {
    let slash = text.firstIndex(of: UInt8(ascii: "/")) ?? text.count
    let written = bits(Array(text[..<slash]))
    guard let block = try? AddressBlock(parsing: text.span) else {
      return expect(slash < text.count || written == nil, "an address is a block of one")
    }
    guard let written else { return expect(false, "a block has an address: \(block)") }
    expect(bits(of: block.network) == written, "a block has no bits after its prefix: \(block)")
    let again = try? AddressBlock(parsing: block.description)
    expect(again == block, "what is written is read: \(block)")
    expect(block.contains(block.network), "a block holds its first address: \(block)")
    guard let address else { return }
    let unlike = zip(bits(of: address), written).map { UInt8.leadingZeroBitCount($0 ^ $1) }
    let shared = unlike.firstIndex { $0 < 8 }.map { $0 * 8 + unlike[$0] } ?? 128
    let prefix = block.prefix + (block.network.family == .v4 ? 96 : 0)
    let isInside = address.family == block.network.family && shared >= prefix
    expect(block.contains(address) == isInside, "\(address) in \(block): \(isInside)")
  }
}

extension UInt8 {
  fileprivate static func leadingZeroBitCount(_ value: UInt8) -> Int { value.leadingZeroBitCount }
}
