/// Part of a regular expression.
indirect enum PatternNode {
  case bytes(ByteSet)
  case sequence([PatternNode])
  case choice([PatternNode])
  /// `max` nil: without limit.
  case repeated(PatternNode, min: Int, max: Int?)
  case start
  case end
}

/// Parses the part of PCRE's syntax that configurations use.
///
/// Lookaround and word boundaries are treated as empty, which matches more than they do; then `isExact` is
/// false. Back references and other unsupported syntax are rejected.
struct PatternParser {
  private let bytes: [UInt8]
  private var index = 0
  private var depth = 0
  private var ignoresCase: Bool
  private(set) var isExact = true

  init(_ text: String, ignoringCase: Bool) {
    bytes = Array(text.utf8)
    ignoresCase = ignoringCase
  }

  mutating func parse() -> PatternNode? {
    guard let node = choice(), index == bytes.count else { return nil }
    return node
  }

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count,
      text.withUTF8Buffer({ $0.elementsEqual(bytes[index..<index + count]) })
    else { return false }
    index += count
    return true
  }

  private mutating func choice() -> PatternNode? {
    depth += 1
    defer { depth -= 1 }
    guard depth < 50, var parts = sequence().map({ [$0] }) else { return nil }
    while take("|") {
      guard let part = sequence() else { return nil }
      parts.append(part)
    }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  private mutating func sequence() -> PatternNode? {
    var parts: [PatternNode] = []
    while let byte = peek, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      guard let atom = atom(), let part = quantified(atom) else { return nil }
      parts.append(part)
    }
    return .sequence(parts)
  }

  private mutating func atom() -> PatternNode? {
    guard let byte = peek else { return nil }
    index += 1
    switch byte {
    case UInt8(ascii: "^"): return .start
    case UInt8(ascii: "$"): return .end
    case UInt8(ascii: "."): return .bytes(.all)
    case UInt8(ascii: "("): return group()
    case UInt8(ascii: "["): return byteClass().map { .bytes(ignoresCase ? $0.ignoringCase : $0) }
    case UInt8(ascii: "\\"): return escape()
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): return nil
    default: return literal(byte)
    }
  }

  private func literal(_ byte: UInt8) -> PatternNode {
    var set = ByteSet()
    set.insert(byte)
    return .bytes(ignoresCase ? set.ignoringCase : set)
  }

  private mutating func group() -> PatternNode? {
    if take("?=") || take("?!") || take("?<=") || take("?<!") {
      isExact = false
      guard choice() != nil, take(")") else { return nil }
      return .sequence([])
    }
    if take("?i)") {
      ignoresCase = true
      return .sequence([])
    }
    if take("?P<") || take("?<") || take("?'") {
      while let byte = peek, byte != UInt8(ascii: ">"), byte != UInt8(ascii: "'") { index += 1 }
      index += 1
    } else if !take("?:"), peek == UInt8(ascii: "?") {
      return nil
    }
    guard let inner = choice(), take(")") else { return nil }
    return inner
  }

  private mutating func escape() -> PatternNode? {
    guard let byte = peek else { return nil }
    index += 1
    if let set = PatternParser.namedSet(byte) { return .bytes(set) }
    switch byte {
    case UInt8(ascii: "A"): return .start
    case UInt8(ascii: "z"), UInt8(ascii: "Z"): return .end
    case UInt8(ascii: "b"), UInt8(ascii: "B"):
      isExact = false
      return .sequence([])
    case UInt8(ascii: "x"): return hexByte().map(literal)
    case UInt8(ascii: "t"): return literal(9)
    case UInt8(ascii: "n"): return literal(10)
    case UInt8(ascii: "r"): return literal(13)
    // A back reference, a property, \Q: not supported.
    case _ where ByteSet.wordBytes.contains(byte): return nil
    default: return literal(byte)
    }
  }

  private static func namedSet(_ byte: UInt8) -> ByteSet? {
    switch byte {
    case UInt8(ascii: "d"): .digits
    case UInt8(ascii: "D"): ByteSet.digits.inverted
    case UInt8(ascii: "w"): .wordBytes
    case UInt8(ascii: "W"): ByteSet.wordBytes.inverted
    case UInt8(ascii: "s"): .spaces
    case UInt8(ascii: "S"): ByteSet.spaces.inverted
    default: nil
    }
  }

  private mutating func hexByte() -> UInt8? {
    guard index + 2 <= bytes.count, let text = String(validating: bytes[index..<index + 2], as: UTF8.self),
      let byte = UInt8(text, radix: 16)
    else { return nil }
    index += 2
    return byte
  }

  private mutating func byteClass() -> ByteSet? {
    var set = ByteSet()
    let isNegated = take("^")
    var isFirst = true
    while let byte = peek {
      index += 1
      if byte == UInt8(ascii: "]"), !isFirst { return isNegated ? set.inverted : set }
      isFirst = false
      if byte == UInt8(ascii: "["), peek == UInt8(ascii: ":") { return nil }
      var low = byte
      if byte == UInt8(ascii: "\\") {
        guard let escaped = peek else { return nil }
        index += 1
        if let named = PatternParser.namedSet(escaped) {
          set.formUnion(named)
          continue
        }
        guard !ByteSet.wordBytes.contains(escaped) else { return nil }
        low = escaped
      }
      guard peek == UInt8(ascii: "-"), index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "]") else {
        set.insert(low)
        continue
      }
      var high = bytes[index + 1]
      index += 2
      if high == UInt8(ascii: "\\") {
        guard let escaped = peek, !ByteSet.wordBytes.contains(escaped) else { return nil }
        index += 1
        high = escaped
      }
      guard low <= high else { return nil }
      for byte in low...high { set.insert(byte) }
    }
    return nil
  }

  private mutating func quantified(_ atom: PatternNode) -> PatternNode? {
    var node = atom
    while let byte = peek {
      let bounds: (min: Int, max: Int?)
      switch byte {
      case UInt8(ascii: "*"): bounds = (0, nil)
      case UInt8(ascii: "+"): bounds = (1, nil)
      case UInt8(ascii: "?"): bounds = (0, 1)
      case UInt8(ascii: "{"):
        guard let counted = counted() else { return nil }
        bounds = counted
        index -= 1
      default: return node
      }
      index += 1
      // Lazy quantifiers match the same texts; possessive ones fewer.
      if take("+") { isExact = false } else { _ = take("?") }
      node = .repeated(node, min: bounds.min, max: bounds.max)
    }
    return node
  }

  /// `{2}`, `{2,}`, `{2,5}`
  private mutating func counted() -> (min: Int, max: Int?)? {
    guard let close = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
    let parts = bytes[(index + 1)..<close].split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    index = close + 1
    let numbers = parts.map { Int(String(decoding: $0, as: UTF8.self)) }
    guard let first = numbers.first, let min = first, (0...1000).contains(min) else { return nil }
    switch parts.count {
    case 1: return (min, min)
    case 2 where parts[1].isEmpty: return (min, nil)
    case 2:
      guard let max = numbers[1], max >= min, max <= 1000 else { return nil }
      return (min, max)
    default: return nil
    }
  }
}
