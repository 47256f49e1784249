extension IPAddress {
  /// Reads the text of an address, as a web server puts it into REMOTE_ADDR. Nil for anything else: ports,
  /// brackets, zone ids, names, octal or shortened IPv4.
  public init?(parsing bytes: Span<UInt8>) {
    if let bits = IPAddress.v4(bytes) {
      self.init(family: .v4, bits: UInt128(bits))
    } else if let bits = IPAddress.v6(bytes) {
      self.init(family: .v6, bits: bits)
    } else {
      return nil
    }
  }

  /// Reads the text of an address.
  public init?(parsing text: String) {
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
