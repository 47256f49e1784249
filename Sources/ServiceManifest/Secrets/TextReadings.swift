import BearerAuth

/// The readings of a public text: unchanged, without the escapes of JSON and YAML, and without those of URLs. A
/// token is public in each of them.
struct TextReading {
  let bytes: [UInt8]
  /// The offset of each byte in the text; nil for the unchanged text.
  private let origins: [Int]?

  private init(_ bytes: [UInt8], origins: [Int]? = nil) {
    self.bytes = bytes
    self.origins = origins
  }

  /// The offset of the byte at `index` in the text.
  func origin(of index: Int) -> Int { origins?[index] ?? index }

  /// The bytes of a range in the text, escapes included.
  func origins(of range: Range<Int>, in text: [UInt8]) -> Range<Int> {
    origin(
      of: range.lowerBound)..<(range.upperBound < bytes.count ? origin(of: range.upperBound) : text.count)
  }

  /// The readings that differ.
  static func all(of text: [UInt8]) -> [TextReading] {
    let plain = TextReading(text)
    let unescaped = plain.replacing(UInt8(ascii: "\\"), by: TextReading.escape)
    let decoded = (unescaped ?? plain).replacing(UInt8(ascii: "%"), by: TextReading.percentForm)
    return [plain, unescaped, decoded].compactMap(\.self)
  }

  /// The text with each escape that begins with `mark` replaced by its byte; nil if there is none.
  private func replacing(
    _ mark: UInt8, by meaning: (ArraySlice<UInt8>) -> (byte: UInt8, length: Int)?
  ) -> TextReading? {
    guard bytes.contains(mark) else { return nil }
    var result: [UInt8] = []
    var origins: [Int] = []
    var hasChanged = false
    var index = 0
    while index < bytes.count {
      origins.append(origin(of: index))
      if bytes[index] == mark, let (byte, length) = meaning(bytes[index...]) {
        result.append(byte)
        index += length
        hasChanged = true
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return hasChanged ? TextReading(result, origins: origins) : nil
  }

  /// `\/`, `\u0041`, `\x41`; other escapes become a byte that no token contains.
  private static func escape(_ text: ArraySlice<UInt8>) -> (byte: UInt8, length: Int)? {
    guard let letter = text.dropFirst().first else { return nil }
    switch letter {
    case UInt8(ascii: "u"): return character(text, digits: 4)
    case UInt8(ascii: "x"): return character(text, digits: 2)
    case UInt8(ascii: "/"): return (letter, 2)
    default: return (0, 2)
    }
  }

  private static func percentForm(_ text: ArraySlice<UInt8>) -> (byte: UInt8, length: Int)? {
    guard let value = value(of: text.dropFirst().prefix(2), digits: 2) else { return nil }
    return (UInt8(clamping: value), 3)
  }

  private static func character(_ text: ArraySlice<UInt8>, digits: Int) -> (byte: UInt8, length: Int) {
    guard let value = value(of: text.dropFirst(2).prefix(digits), digits: digits) else { return (0, 2) }
    return (value < 0x80 ? UInt8(value) : 0, 2 + digits)
  }

  private static func value(of text: ArraySlice<UInt8>, digits: Int) -> Int? {
    guard text.count == digits else { return nil }
    return text.reduce(0) { value, byte in
      guard let value, let digit = byte.hexValue else { return nil }
      return value << 4 | Int(digit)
    }
  }
}

/// The parts of a text that could be bearer tokens.
///
/// A token is a token68 (RFC 9110 section 11.2): letters, digits, `-._~+/`, and `=` at its end. In a text it is
/// a run of these, or a part of a run if others touch it: `/tokens/abc`, `token=abc`, `key-abc`. Every part is
/// examined that begins and ends at a boundary of letters and digits.
struct TokenRuns {
  /// The longest token that fits a header of `Credential.maximumLength`.
  static let maximumLength = Credential.maximumLength - "Bearer ".utf8.count
  /// The maximum number of such stretches in a part in the middle of a run: two kilobytes of base 64 have that
  /// many.
  static let maximumStretches = 64
  /// The same in a run longer than any token, such as an image in base 64: a quarter of a kilobyte.
  static let maximumStretchesInLongRuns = 8
  /// The maximum bytes of all parts: a few seconds of hashing, and far more than in real files.
  static let maximumBytes = 1 << 30

  private let limit: Int
  private var byteCount = 0

  /// - Parameter limit: the maximum bytes of all parts; tests use less than `maximumBytes`.
  init(limit: Int = TokenRuns.maximumBytes) {
    self.limit = limit
  }

  /// Calls `body` for each part; false if there are too many, so the rest is unknown.
  mutating func forEach(in bytes: Span<UInt8>, _ body: (Range<Int>) -> Void) -> Bool {
    var start = 0
    while start < bytes.count {
      guard Secret.isToken68Byte(bytes[start]) else {
        start += 1
        continue
      }
      var end = start
      while end < bytes.count, Secret.isToken68Byte(bytes[end]) { end += 1 }
      var paddedEnd = end
      while paddedEnd < bytes.count, bytes[paddedEnd] == UInt8(ascii: "=") { paddedEnd += 1 }
      guard visitRun(from: start, to: end, paddedEnd, in: bytes, body) else { return false }
      start = paddedEnd
    }
    return true
  }

  private mutating func visitRun(
    from start: Int, to end: Int, _ paddedEnd: Int, in bytes: Span<UInt8>, _ body: (Range<Int>) -> Void
  ) -> Bool {
    var starts = [start]
    var ends: [Int] = []
    for index in start..<end where bytes[index].isAlphanumeric {
      if index > start, !bytes[index - 1].isAlphanumeric { starts.append(index) }
      if index + 1 == end || !bytes[index + 1].isAlphanumeric { ends.append(index + 1) }
    }
    if ends.last != end { ends.append(end) }
    if paddedEnd > end { ends.append(paddedEnd) }

    let stretches =
      end - start > TokenRuns.maximumLength
      ? TokenRuns.maximumStretchesInLongRuns : TokenRuns.maximumStretches
    var first = 0
    for partStart in starts {
      while ends[first] <= partStart { first += 1 }
      let isMidst = partStart > start
      let near = isMidst ? min(first + stretches, ends.count) : ends.count
      for partEnd in ends[first..<near] + ends[max(near, ends.count - 2)...] {
        guard partEnd - partStart <= TokenRuns.maximumLength else { break }
        // A digest costs at least a block of 64 bytes.
        byteCount += partEnd - partStart + 64
        guard byteCount <= limit else { return false }
        body(partStart..<partEnd)
      }
    }
    visitOwnTokens(from: start, to: end, in: bytes, body)
    return true
  }

  /// bearerd's own tokens are recognized by their prefix, even if letters touch them.
  private func visitOwnTokens(
    from start: Int, to end: Int, in bytes: Span<UInt8>, _ body: (Range<Int>) -> Void
  ) {
    guard end - start > Secret.length else { return }
    for index in start...(end - Secret.length)
    where bytes[index] == UInt8(ascii: "b")
      && Secret.hasShape(bytes.extracting(index..<index + Secret.length))
    {
      body(index..<index + Secret.length)
    }
  }
}
