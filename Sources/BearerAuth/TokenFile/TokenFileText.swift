/// The bytes of a token file for editing: comments, order and spacing of all other lines are kept.
///
/// It changes text only; the result is parsed with `TokenFile` before it is written.
package struct TokenFileText: Sendable {
  /// The whole file.
  package private(set) var bytes: [UInt8]

  /// Takes the bytes of the file.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Adds a line for `token` at the end.
  package mutating func append(_ token: Token) {
    if let last = bytes.last, last != LineText.newline { bytes.append(LineText.newline) }
    bytes += Array(TokenFileText.line(for: token).utf8)
    bytes.append(LineText.newline)
  }

  /// Removes lines, numbered from 1 as in `Token.line`, with their line ends.
  package mutating func remove(lines: Set<Int>) {
    for number in lines.sorted(by: >) {
      guard let range = range(ofLine: number) else { continue }
      let end = range.upperBound < bytes.count ? range.upperBound + 1 : range.upperBound
      bytes.removeSubrange(range.lowerBound..<end)
    }
  }

  /// Sets `expires=` of one line to `instant`; adds it after the line's last field if the line has none.
  package mutating func setExpires(_ instant: Instant, ofLine number: Int) {
    guard let place = place(inLine: number, where: { $0.hasPrefix("expires=") }) else { return }
    let separator = place.isEmpty ? " " : ""
    bytes.replaceSubrange(place, with: Array("\(separator)expires=\(instant)".utf8))
  }

  /// Adds `disabled` after the last field of one line, or removes it.
  package mutating func setDisabled(_ isDisabled: Bool, ofLine number: Int) {
    guard var place = place(inLine: number, where: { $0.elementsEqual("disabled") }),
      place.isEmpty == isDisabled
    else { return }
    guard !isDisabled else { return bytes.insert(contentsOf: " disabled".utf8, at: place.lowerBound) }
    // With the blanks before it; the application's name begins the line.
    while bytes[place.lowerBound - 1].isBlank { place = place.lowerBound - 1..<place.upperBound }
    bytes.removeSubrange(place)
  }

  /// The field of a line that `matches`, or the empty range where it is to be inserted.
  private func place(inLine number: Int, where matches: (Span<UInt8>) -> Bool) -> Range<Int>? {
    guard let range = range(ofLine: number) else { return nil }
    let line = bytes.span.extracting(range)
    var fields = Fields()
    var end = range.lowerBound
    while let field = fields.next(in: line) {
      end = range.lowerBound + field.upperBound
      if matches(line.extracting(field)) { return range.lowerBound + field.lowerBound..<end }
    }
    return end..<end
  }

  /// The range of a line, without its line end; nil after the last.
  private func range(ofLine number: Int) -> Range<Int>? {
    var start = 0
    for _ in 1..<number {
      guard let newline = bytes.span.firstIndex(of: LineText.newline, from: start) else { return nil }
      start = newline + 1
    }
    guard start < bytes.count else { return nil }
    return start..<(bytes.span.firstIndex(of: LineText.newline, from: start) ?? bytes.count)
  }

  /// The line of a token, without its line end, aligned with the header of a new file.
  static func line(for token: Token) -> String {
    let padding = String(repeating: " ", count: max(2, 16 - token.application.utf8.count))
    let options = TokenOption.allCases.compactMap { option in
      value(of: option, in: token).map { option.form + $0 }
    }
    let hash = "\(token.application)\(padding)sha256:\(token.digest.hex)"
    return options.isEmpty ? hash : "\(hash)  \(options.joined(separator: " "))"
  }

  /// The value of an option in a token's line; nil if the line does not have it.
  private static func value(of option: TokenOption, in token: Token) -> String? {
    switch option {
    case .id: token.key
    case .created: token.created?.shortDescription
    case .notBefore: token.notBefore == .distantPast ? nil : "\(token.notBefore)"
    case .expires: token.expires == .distantFuture ? nil : "\(token.expires)"
    case .scopes: token.scopes.map(list)
    case .from: token.origins.map(list)
    case .note: token.note?.quoted
    case .disabled: token.isDisabled ? "" : nil
    }
  }

  private static func list(_ items: [some CustomStringConvertible]) -> String {
    items.map(\.description).joined(separator: ",")
  }
}

extension TokenFileText {
  /// The beginning of a new token file.
  package static let header = """
    # The tokens of bearerd. One token a line; only the hash of a secret is kept.
    # Add, replace and remove lines with `bearerd token new|rotate|revoke`; check the file with `bearerd check`.
    #
    # application   hash                                                                     options

    """
}
