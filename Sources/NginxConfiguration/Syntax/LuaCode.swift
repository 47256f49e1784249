/// Lua code in a `*_by_lua_block`: cut only as far as its closing brace must be found.
struct LuaCode {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  /// The bytes up to the brace that closes the block, and this brace; nil if there is none.
  mutating func lengthOfBlock() -> Int? {
    var depth = 1
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return index - bytes.startIndex }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
      case UInt8(ascii: "["):
        if let level = longBracketLevel() { skipLong(level) }
      case UInt8(ascii: "-") where peek == UInt8(ascii: "-"): skipComment()
      default: break
      }
    }
    return nil
  }

  private var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  private mutating func skipString(_ quote: UInt8) {
    while let byte = peek {
      index += byte == UInt8(ascii: "\\") ? 2 : 1
      // A string does not go over a line end; one that is not closed must not hide the rest.
      if byte == quote || byte == UInt8(ascii: "\n") { return }
    }
  }

  private mutating func skipComment() {
    index += 1
    if peek == UInt8(ascii: "[") {
      index += 1
      if let level = longBracketLevel() { return skipLong(level) }
    }
    while let byte = peek, byte != UInt8(ascii: "\n") { index += 1 }
  }

  /// How many `=` are in `[==[`, whose first bracket was read; nil if this is another bracket.
  private mutating func longBracketLevel() -> Int? {
    var end = index
    while end < bytes.endIndex, bytes[end] == UInt8(ascii: "=") { end += 1 }
    guard end < bytes.endIndex, bytes[end] == UInt8(ascii: "[") else { return nil }
    defer { index = end + 1 }
    return end - index
  }

  /// Passes over the text up to `]==]`.
  private mutating func skipLong(_ level: Int) {
    while index < bytes.endIndex {
      guard bytes[index] == UInt8(ascii: "]") else {
        index += 1
        continue
      }
      var end = index + 1
      while end < bytes.endIndex, bytes[end] == UInt8(ascii: "=") { end += 1 }
      let isClosing = end < bytes.endIndex && bytes[end] == UInt8(ascii: "]") && end - index - 1 == level
      index = isClosing ? end + 1 : end
      if isClosing { return }
    }
  }
}
