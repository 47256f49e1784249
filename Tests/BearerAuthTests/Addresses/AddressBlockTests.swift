import TestSupport
import Testing

@testable import BearerAuth

@Suite("A block of addresses")
struct AddressBlockTests {
  @Test(
    "holds its first and last address and neither neighbour",
    arguments: [
      ("192.0.2.0/24", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
      ("192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127", "192.0.3.0"),
      ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
      ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.0", "192.0.2.2"),
      ("192.0.2.1/32", "192.0.2.1", "192.0.2.1", "192.0.2.0", "192.0.2.2"),
      ("128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255", "0.0.0.0"),
      (
        "2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::",
        "2001:db9::"
      ),
      (
        "2001:db8::/127", "2001:db8::", "2001:db8::1", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::2"
      ),
      ("::1", "::1", "::1", "::", "::2"),
      ("::ffff:192.0.2.0/120", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
      ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.0", "192.0.2.2"),
    ])
  func bounds(text: String, first: String, last: String, before: String, after: String) throws {
    let block = try AddressBlock(parsing: text)
    #expect(block.contains(try #require(IPAddress(parsing: first))))
    #expect(block.contains(try #require(IPAddress(parsing: last))))
    #expect(!block.contains(try #require(IPAddress(parsing: before))))
    #expect(!block.contains(try #require(IPAddress(parsing: after))))
  }

  @Test("of one family holds no address of the other")
  func families() throws {
    let v4 = try #require(IPAddress(parsing: "0.0.0.1"))
    let v6 = try #require(IPAddress(parsing: "::1"))
    #expect(try AddressBlock(parsing: "0.0.0.0/0").contains(v4))
    #expect(try !AddressBlock(parsing: "0.0.0.0/0").contains(v6))
    #expect(try AddressBlock(parsing: "::/0").contains(v6))
    #expect(try !AddressBlock(parsing: "::/0").contains(v4))
  }

  @Test(
    "that is none is refused, with the fix",
    arguments: [
      ("", "is not an IPv4 or IPv6 address"), ("localhost", "is not an IPv4 or IPv6 address"),
      ("/24", "is not an IPv4 or IPv6 address"),
      ("192.0.2.0/24/24", "length from 0 to 32"), ("192.0.2.0/33", "length from 0 to 32"),
      ("192.0.2.0/", "length from 0 to 32"),
      ("192.0.2.0/-1", "length from 0 to 32"), ("192.0.2.0/024", "length from 0 to 32"),
      ("192.0.2.0/+24", "length from 0 to 32"),
      ("192.0.2.0/255.255.255.0", "length from 0 to 32"), ("2001:db8::/129", "length from 0 to 128"),
      ("192.0.2.0/99999999999999999999", "length from 0 to 32"),
      ("::ffff:192.0.2.0/24", "length from 96 to 128"),
      ("192.0.2.1/24", "write 192.0.2.0/24"), ("10.1.2.3/8", "write 10.0.0.0/8"),
      ("1.2.3.4/0", "write 0.0.0.0/0"),
      ("2001:db8::1/32", "write 2001:db8::/32"), ("::ffff:192.0.2.1/120", "write 192.0.2.0/24"),
      ("::1%lo", "is not an IPv4 or IPv6"),
      ("192.0.2.0/31x", "length from 0 to 32"), ("192.000.2.0/24", "is not an IPv4 or IPv6"),
      ("192.0.2.0 /24", "is not an IPv4 or IPv6"),
    ])
  func refuses(text: String, message: String) {
    let error = #expect(throws: AddressBlock.ParsingError.self) { try AddressBlock(parsing: text) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test("of every prefix length holds what shares its leading bits", arguments: 0...32)
  func prefixes(prefix: Int) throws {
    var dice = Dice(state: UInt64(prefix))
    for _ in 0..<50 {
      let network = prefix == 0 ? 0 : dice.next() & 0xffff_ffff & ~(1 << UInt64(32 - prefix) - 1)
      let other = dice.next() & 0xffff_ffff
      let block = try AddressBlock(parsing: "\(dotted(network))/\(prefix)")
      let isInside = prefix == 0 || network >> UInt64(32 - prefix) == other >> UInt64(32 - prefix)
      #expect(block.contains(try #require(IPAddress(parsing: dotted(other)))) == isInside)
      #expect(try AddressBlock(parsing: block.description) == block)
    }
  }

  private func dotted(_ bits: UInt64) -> String {
    [24, 16, 8, 0].map { String(bits >> $0 & 255) }.joined(separator: ".")
  }
}
