/// The CRC-32 of zlib, gzip and PNG (ISO-HDLC: polynomial 0x04c11db7, reflected).
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : 0xedb8_8320 ^ value >> 1 }
  }

  static func checksum(of bytes: Span<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for index in bytes.indices {
      sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ bytes[index])] ^ sum >> 8
    }
    return ~sum
  }
}
