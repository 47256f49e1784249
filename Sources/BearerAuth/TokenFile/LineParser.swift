/// Parses lines of a token file: `application  sha256:<64 hexadecimal digits>  options...`
///
/// Lines share equal names and lists, so one parser reads all lines of a file.
struct LineParser {
  private let file: Int
  private var names = Interned<String>()
  private var options = OptionParser()

  /// - Parameter file: the index of the file, for `Token.file`.
  init(file: Int) {
    self.file = file
  }

  /// The token of a line, without its line end; nil for a blank line, a comment, and a line with an error.
  mutating func token(in line: Span<UInt8>, number: Int, problems: inout [LineProblem]) -> Token? {
    var fields = Fields()
    guard let name = fields.next(in: line) else { return nil }

    var application: String?
    var digest: Digest?
    var values = OptionValues()
    do throws(LineProblem) { application = try self.application(name, of: line) } catch {
      problems.append(error)
    }
    do throws(LineProblem) {
      digest = try HashField.digest(fields.next(in: line), after: name, of: line)
    } catch {
      problems.append(error)
    }
    while let field = fields.next(in: line) {
      do throws(LineProblem) {
        try options.read(field, of: line, into: &values)
      } catch {
        problems.append(error)
      }
    }
    if values.expires <= values.notBefore {
      let message = "expires= is not after not-before=, so the token is never valid"
      problems.append(LineProblem(at: name.lowerBound, message, severity: .warning))
    }

    guard let application, let digest, problems.allSatisfy({ $0.severity == .warning }) else { return nil }
    return Token(
      digest: digest, application: application, key: values.key, created: values.created,
      notBefore: values.notBefore, expires: values.expires,
      scopes: values.scopes, origins: values.origins, note: values.note,
      isDisabled: values.isDisabled, line: number, file: file)
  }

  private mutating func application(_ field: Range<Int>, of line: Span<UInt8>) throws(LineProblem) -> String {
    let bytes = line.extracting(field)
    guard !bytes.hasPrefix("sha256:") else {
      throw LineProblem(at: field.lowerBound, "the application's name is missing before the hash")
    }
    guard ApplicationName.isValid(bytes) else {
      throw LineProblem(
        at: field.lowerBound, "not a valid application name; use \(ApplicationName.rule)")
    }
    // Swift stores up to 15 bytes inside the String; only longer names are worth sharing.
    guard bytes.count > 15 else { return bytes.asciiText }
    if let known = names.value(of: bytes) { return known }
    let name = bytes.asciiText
    names.remember(name, of: bytes)
    return name
  }
}

/// The fields of a line in order, separated by spaces and tabs, up to a `#` that begins a field. Both may be in a note.
///
/// Ranges, not slices: a Span cannot be stored.
struct Fields {
  private var position = 0

  /// The range of the next field, or nil after the last.
  mutating func next(in line: Span<UInt8>) -> Range<Int>? {
    while position < line.count, line[position].isBlank { position += 1 }
    guard position < line.count, line[position] != UInt8(ascii: "#") else { return nil }
    let start = position
    if line[start] == UInt8(ascii: "n"), line.extracting(start...).hasPrefix("note=\"") {
      position = QuotedText.end(from: start + 6, in: line) ?? line.count
    }
    while position + 8 <= line.count, line.hasOnlyText(at: position, from: 0x21) { position += 8 }
    while position < line.count, !line[position].isBlank { position += 1 }
    return start..<position
  }
}

/// The items of a list `a,b,c` in order; an empty list has one item, which is empty.
struct ListItems {
  private var position: Int?
  private let end: Int

  init(in range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// The range of the next item, or nil after the last.
  mutating func next(in line: Span<UInt8>) -> Range<Int>? {
    guard let start = position else { return nil }
    var comma = start
    while comma < end, line[comma] != UInt8(ascii: ",") { comma += 1 }
    position = comma < end ? comma + 1 : nil
    return start..<comma
  }
}

/// The second field of a line, `sha256:` and 64 hexadecimal digits of either case.
///
/// A field of another form is most likely a secret, so no message repeats any of it.
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
      at: field.lowerBound, "\(digits.count) digits after sha256: instead of 64; paste the whole hash")
  }

  /// The word itself is not repeated: it may be in use elsewhere.
  private static func complaint(about match: WellKnownSecrets.Match) -> String {
    let fix = "replace the line with one that `bearerd token new APP` writes"
    switch match {
    case .word: return "the hash of a well-known password or example, which anyone can guess; \(fix)"
    case .wordAndLineEnd:
      return "the hash of a well-known word and a line end, which `echo` adds; anyone can guess it; \(fix)"
    }
  }

  private static func complaint(about bytes: Span<UInt8>) -> String {
    if startsOption(bytes) { return "no hash between the application's name and its options" }
    let advice = """
      if this is a secret, it must not be here in plain text: replace the line with what \
      `printf %s "$TOKEN" | bearerd token add APP` writes
      """
    // Some generators make secrets of 64 hexadecimal digits, which look like a hash.
    guard Digest(hex: bytes) == nil else { return "if this is a hash, write sha256: before it; \(advice)" }
    return "not a hash; \(advice)"
  }

  private static func startsOption(_ bytes: Span<UInt8>) -> Bool {
    guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { return false }
    return TokenOption(bytes.extracting(..<equals)) != nil
  }
}

/// An error or warning within a line; the file adds the line number.
struct LineProblem: Error {
  /// In bytes, from 1; 0 for the whole line.
  var column: Int
  var message: String
  var severity: TokenFileIssue.Severity

  /// - Parameter offset: the byte's offset in the line, from 0.
  init(at offset: Int, _ message: String, severity: TokenFileIssue.Severity = .error) {
    column = offset + 1
    self.message = message
    self.severity = severity
  }

  init(ofWholeLine message: String) {
    column = 0
    self.message = message
    severity = .error
  }
}

/// Lines before their fields are parsed: where each ends, and which bytes are invalid in it.
enum LineText {
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")

  /// The longest line, in bytes. A useful token line has some hundreds.
  static let maximumLength = 65_536

  /// The end of the line that begins at `start`, and whether all of it is printable ASCII, as nearly all lines are.
  static func end(from start: Int, in bytes: Span<UInt8>) -> (position: Int, isPlain: Bool) {
    var isPlain = true
    var position = start
    while position < bytes.count {
      if position + 8 <= bytes.count, bytes.hasOnlyText(at: position, from: 0x20) {
        position += 8
        continue
      }
      let byte = bytes[position]
      if byte == newline { break }
      if byte < 0x20 || byte > 0x7e { isPlain = false }
      position += 1
    }
    return (position, isPlain)
  }

  /// Finds an error in a line that is not plain; tabs are valid, and so is UTF-8 in a comment.
  static func check(_ line: Span<UInt8>) throws(LineProblem) {
    for index in line.indices {
      switch line[index] {
      case UInt8(ascii: "\t"), 0x20...0x7e, 0x80...: continue
      case 0: throw LineProblem(at: index, "a NUL byte: the file is damaged, or not UTF-8 text")
      default:
        throw LineProblem(at: index, "a control character; only tabs and printable text are allowed")
      }
    }
    do {
      _ = try UTF8Span(validating: line)
    } catch {
      throw LineProblem(at: error.byteOffsets.lowerBound, "not UTF-8; save the file as UTF-8")
    }
  }
}
