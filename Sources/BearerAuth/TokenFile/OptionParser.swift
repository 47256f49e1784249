/// The options of one line.
struct OptionValues {
  var key: String?
  var created: Instant?
  var notBefore = Instant.distantPast
  var expires = Instant.distantFuture
  var scopes: [Scope]?
  var origins: [AddressBlock]?
  var note: Note?
  var isDisabled = false

  /// Whether the line already has `option`. No line can express the distant past or future.
  func hold(_ option: TokenOption) -> Bool {
    switch option {
    case .id: key != nil
    case .created: created != nil
    case .notBefore: notBefore != .distantPast
    case .expires: expires != .distantFuture
    case .scopes: scopes != nil
    case .from: origins != nil
    case .note: note != nil
    case .disabled: isDisabled
    }
  }
}

/// Parses the fields after the hash, `name=value`. No message repeats a value: it could be a misplaced secret.
struct OptionParser {
  private var scopeLists = Interned<[Scope]>()
  private var blockLists = Interned<[AddressBlock]>()

  mutating func read(_ field: Range<Int>, of line: Span<UInt8>, into values: inout OptionValues)
    throws(LineProblem)
  {
    let text = line.extracting(field)
    let equals = text.firstIndex(of: UInt8(ascii: "="))
    let name = text.extracting(..<(equals ?? text.count))
    guard let option = TokenOption(name) else {
      throw LineProblem(at: field.lowerBound, TokenOption.unknown(name))
    }
    guard !values.hold(option) else {
      throw LineProblem(at: field.lowerBound, "\(option.form) is already on this line; keep one of them")
    }
    guard option != .disabled else {
      // `disabled=no` must not be taken for either of the two.
      guard equals == nil else {
        throw LineProblem(at: field.lowerBound, "disabled has no value; write disabled alone, or remove it")
      }
      values.isDisabled = true
      return
    }
    guard let equals, equals + 1 < text.count else {
      throw LineProblem(at: field.lowerBound, "\(option.rawValue) has no value; write \(option.example)")
    }
    let value = field.lowerBound + equals + 1..<field.upperBound
    switch option {
    case .id: values.key = try key(value, of: line)
    case .created: values.created = try instant(value, of: line, option)
    case .notBefore: values.notBefore = try instant(value, of: line, option)
    case .expires: values.expires = try instant(value, of: line, option)
    case .scopes: values.scopes = try scopes(value, of: line)
    case .from: values.origins = try blocks(value, of: line)
    case .note: values.note = try note(value, of: line)
    case .disabled: break
    }
  }

  private func key(_ range: Range<Int>, of line: Span<UInt8>) throws(LineProblem) -> String {
    let bytes = line.extracting(range)
    guard KeyID.isValid(bytes) else { throw LineProblem(at: range.lowerBound, "a key id is \(KeyID.rule)") }
    return bytes.asciiText
  }

  private func note(_ range: Range<Int>, of line: Span<UInt8>) throws(LineProblem) -> Note {
    guard line[range.lowerBound] == QuotedText.mark else {
      throw LineProblem(at: range.lowerBound, #"a note is in quotation marks: note="who owns it""#)
    }
    guard let end = QuotedText.end(from: range.lowerBound + 1, in: line) else {
      throw LineProblem(at: range.lowerBound, "no quotation mark at the end of the note; write one")
    }
    guard end == range.upperBound else {
      throw LineProblem(
        at: end, "text directly after the note; write a space between the note and the next option")
    }
    let bytes = try QuotedText.unescaped(range.lowerBound + 1..<end - 1, in: line)
    guard let note = Note(String(decoding: bytes, as: UTF8.self)) else {
      throw LineProblem(at: range.lowerBound, "a note is \(Note.rule)")
    }
    return note
  }

  private func instant(_ range: Range<Int>, of line: Span<UInt8>, _ option: TokenOption) throws(LineProblem)
    -> Instant
  {
    do throws(Instant.ParsingError) {
      return try Instant(parsing: line.extracting(range))
    } catch {
      throw LineProblem(at: range.lowerBound, "\(option.rawValue)= \(error)")
    }
  }

  private mutating func scopes(_ range: Range<Int>, of line: Span<UInt8>) throws(LineProblem) -> [Scope] {
    let text = line.extracting(range)
    if let known = scopeLists.value(of: text) { return known }
    var scopes: [Scope] = []
    var items = ListItems(in: range)
    while let item = items.next(in: line) {
      guard let scope = Scope(line.extracting(item)) else {
        throw LineProblem(at: item.lowerBound, "a scope is \(Scope.rule); commas separate scopes")
      }
      guard !scopes.contains(scope) else {
        throw LineProblem(at: item.lowerBound, "this scope is already in the list; keep one of them")
      }
      scopes.append(scope)
    }
    scopeLists.remember(scopes, of: text)
    return scopes
  }

  private mutating func blocks(_ range: Range<Int>, of line: Span<UInt8>) throws(LineProblem)
    -> [AddressBlock]
  {
    let text = line.extracting(range)
    if let known = blockLists.value(of: text) { return known }
    var blocks: [AddressBlock] = []
    var items = ListItems(in: range)
    while let item = items.next(in: line) {
      do throws(AddressBlock.ParsingError) {
        blocks.append(try AddressBlock(parsing: line.extracting(item)))
      } catch {
        throw LineProblem(at: item.lowerBound, "from= \(error)")
      }
    }
    blockLists.remember(blocks, of: text)
    return blocks
  }
}

/// The text of a note, between quotation marks; `\"` and `\\` stand for a quotation mark and a backslash in it.
enum QuotedText {
  static let mark = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  /// The offset after the quotation mark that ends the text beginning at `start`; nil if none does.
  static func end(from start: Int, in line: Span<UInt8>) -> Int? {
    var position = start
    while position < line.count, line[position] != mark { position += line[position] == backslash ? 2 : 1 }
    return position < line.count ? position + 1 : nil
  }

  /// The bytes of the text, without its quotation marks.
  static func unescaped(_ range: Range<Int>, in line: Span<UInt8>) throws(LineProblem) -> [UInt8] {
    var text: [UInt8] = []
    var position = range.lowerBound
    while position < range.upperBound {
      if line[position] == backslash {
        position += 1
        guard position < range.upperBound, line[position] == mark || line[position] == backslash else {
          throw LineProblem(
            at: position - 1, #"in a note, write \\ for a backslash and \" for a quotation mark"#)
        }
      }
      text.append(line[position])
      position += 1
    }
    return text
  }
}
