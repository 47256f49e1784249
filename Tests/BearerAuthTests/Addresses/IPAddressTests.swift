import Glibc
import TestSupport
import Testing

@testable import BearerAuth

@Suite("An address")
struct IPAddressTests {
  @Test(
    "is read, and written in its shortest form",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
      ("::", "::"),
      ("::1", "::1"), ("1::", "1::"), ("2001:db8::1", "2001:db8::1"), ("2001:DB8::A", "2001:db8::a"),
      ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"),
      ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
      ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("fe80::1", "fe80::1"),
      ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("::192.0.2.1", "::c000:201"),
      ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:0201", "192.0.2.1"),
      ("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"),
    ])
  func reads(text: String, shortest: String) throws {
    let address = try #require(IPAddress(parsing: text))
    #expect(address.description == shortest)
    #expect(IPAddress(parsing: shortest) == address)
  }

  @Test("mapped into IPv6 is the same address")
  func mapped() {
    #expect(IPAddress(parsing: "::ffff:192.0.2.1") == IPAddress(parsing: "192.0.2.1"))
    #expect(IPAddress(parsing: "::ffff:192.0.2.1")?.family == .v4)
    #expect(IPAddress(parsing: "::192.0.2.1") != IPAddress(parsing: "192.0.2.1"))
    #expect(IPAddress(parsing: "::ffff:0:192.0.2.1")?.family == .v6)
  }

  @Test(
    "that is none is refused",
    arguments: [
      "", " ", "localhost", "192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.2.01", "192.0.2.00", "0192.0.2.1",
      "192.0.2.-1",
      "192.0.2.+1", "192.0.2.1 ", " 192.0.2.1", "192.0.2.", ".192.0.2.1", "192..2.1", "3221225985",
      "0xc0000201", "192.0.2.0x1",
      "192.0.2.1:80", "192.0.2.1/24", "192.0.2.1000", ":", ":::", "::1::", "1::2::3", "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2:3:4:5:6:7:8", "12345::", "g::", "1:", ":1",
      "1:2:3:4:5:6:7:", "[::1]",
      "::1%eth0", "fe80::1%1", "::1/128", "::192.0.2", "::192.0.2.01", "192.0.2.1::", "::192.0.2.1:1",
      "1:2:3:4:5:6:7:192.0.2.1",
      "unix:", "-", "unknown", "192.0.2.1,192.0.2.2", "\u{661}92.0.2.1", "192.0.2.1\0", "::1\0",
    ])
  func refuses(text: String) {
    #expect(IPAddress(parsing: text) == nil)
  }

  @Test("is one exactly where the C library says so, in sixty thousand near misses")
  func likeTheCLibrary() {
    var dice = Dice(state: 3)
    var accepted = 0
    for seed in [
      "192.0.2.1", "10.20.30.255", "2001:db8::8a2e:370:7334", "::ffff:192.0.2.128", "1:2:3:4:5:6:7:8",
      "fe80::",
    ] {
      for _ in 0..<10_000 {
        var text = Array(seed.utf8)
        for _ in 0...Int.random(in: 0...2, using: &dice) { mutate(&text, &dice) }
        let string = String(decoding: text, as: UTF8.self)
        let isAddress = isAddressForTheCLibrary(string)
        #expect((IPAddress(parsing: string) != nil) == isAddress, "\(string)")
        accepted += isAddress ? 1 : 0
      }
    }
    #expect(accepted > 5000)
  }

  private func mutate(_ text: inout [UInt8], _ dice: inout Dice) {
    let position = Int.random(in: 0...text.count, using: &dice)
    let byte = Array("0123456789abcdef:::...".utf8).randomElement(using: &dice) ?? 0
    switch Int.random(in: 0..<3, using: &dice) {
    case 0: text.insert(byte, at: position)
    case 1 where position < text.count: text[position] = byte
    default: if position < text.count { text.remove(at: position) }
    }
  }

  private func isAddressForTheCLibrary(_ text: String) -> Bool {
    var v4 = in_addr()
    var v6 = in6_addr()
    return inet_pton(AF_INET, text, &v4) == 1 || inet_pton(AF_INET6, text, &v6) == 1
  }
}
