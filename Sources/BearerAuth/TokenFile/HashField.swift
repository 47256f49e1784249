/// The second field of a line, `sha256:` and 64 hexadecimal digits of either case.
///
/// What stands there instead is most likely a secret, so no message repeats any of it.
enum HashField {
  static func digest(_ field: Range<Int>?, after name: Range<Int>, of line: Span<UInt8>) throws(LineProblem)
    -> Digest
  {
    guard let field else {
      throw LineProblem(
        at: name.upperBound, "no hash after the application's name; write sha256: and 64 digits")
    }
    let bytes = line.extracting(field)
    guard bytes.hasPrefix("sha256:") else {
      throw LineProblem(at: field.lowerBound, complaint(about: bytes))
    }
    let digits = bytes.extracting(7...)
    if let digest = Digest(hex: digits) {
      guard let match = WellKnownSecrets.match(digest) else { return digest }
      throw LineProblem(at: field.lowerBound, complaint(about: match))
    }
    for index in digits.indices where digits[index].hexValue == nil {
      throw LineProblem(
        at: field.lowerBound + 7 + index, "not a hexadecimal digit; a hash has 64 of 0-9 and a-f")
    }
    throw LineProblem(
      at: field.lowerBound, "\(digits.count) digits after sha256: where SHA-256 has 64; paste the whole hash")
  }

  /// The word itself is not repeated: somebody may use it elsewhere.
  private static func complaint(about match: WellKnownSecrets.Match) -> String {
    let fix = "replace the line with one that `bearerd token new APP` writes"
    switch match {
    case .word: return "the hash of a well-known password or example, which anybody can present; \(fix)"
    case .wordAndLineEnd:
      return "the hash of a well-known word and a line end, which `echo` adds; anybody can guess it; \(fix)"
    }
  }

  private static func complaint(about bytes: Span<UInt8>) -> String {
    if startsOption(bytes) { return "no hash between the application's name and its options" }
    let advice = """
      if this is a secret it must not stand here in plain text: replace the line by what \
      `printf %s "$TOKEN" | bearerd token add APP` writes
      """
    // A generator's 64 hexadecimal digits look like a hash.
    guard Digest(hex: bytes) == nil else { return "if this is a hash, write sha256: before it; \(advice)" }
    return "no hash; \(advice)"
  }

  private static func startsOption(_ bytes: Span<UInt8>) -> Bool {
    guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { return false }
    return TokenOption(bytes.extracting(..<equals)) != nil
  }
}
