/// The CRC-32 of zlib, gzip and PNG (ISO-HDLC: polynomial 0x04c11db7, reflected).
enum CRC32 {
  /// Four tables of 256, so that four bytes are taken at once: one by one, each would wait for the one before.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { index in
      (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : 0xedb8_8320 ^ value >> 1 }
    }
    for index in 256..<1024 {
      let before = tables[index - 256]
      tables.append(tables[Int(before & 0xff)] ^ before >> 8)
    }
    return tables
  }()

  static func checksum(of bytes: Span<UInt8>) -> UInt32 {
    let tables = tables.span
    var sum = UInt32.max
    var index = 0
    while index + 4 <= bytes.count {
      sum ^= UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
      sum ^= UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
      sum =
        tables[768 + Int(sum & 0xff)] ^ tables[512 + Int(sum >> 8 & 0xff)]
        ^ tables[256 + Int(sum >> 16 & 0xff)] ^ tables[Int(sum >> 24)]
      index += 4
    }
    while index < bytes.count {
      sum = tables[Int((sum ^ UInt32(bytes[index])) & 0xff)] ^ sum >> 8
      index += 1
    }
    return ~sum
  }
}
