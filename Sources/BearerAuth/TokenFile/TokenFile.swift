/// The text of one token file, parsed to its end: all tokens and all issues.
///
/// A file with an error must not be used, not even its valid lines: what the invalid line restricts is unknown.
package struct TokenFile: Sendable {
  /// In the order of the file.
  package private(set) var tokens: [Token] = []

  /// In the order of the file; at most `maximumIssues` and one that says that there are more.
  package private(set) var issues: [TokenFileIssue] = []

  /// After this many issues the rest of the file is not read.
  package static let maximumIssues = 1000

  /// Whether no issue is an error.
  package var isUsable: Bool { issues.allSatisfy { $0.severity == .warning } }

  private let name: String

  /// Parses the bytes of a file.
  /// - Parameters:
  ///   - name: the file's name in issues.
  ///   - number: the index of the file, for `Token.file`.
  package init(parsing bytes: Span<UInt8>, name: String, number: Int = 0) {
    self.name = name
    tokens.reserveCapacity(TokenFile.lineCount(of: bytes))
    readLines(of: bytes, by: LineParser(file: number))
    for duplicate in Duplicate.all(in: tokens).prefix(TokenFile.maximumIssues) {
      report(
        LineProblem(ofWholeLine: duplicate.message { "line \($0.line)" }), line: tokens[duplicate.later].line)
    }
    issues.sort { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// Parses the bytes of a file.
  package init(parsing bytes: [UInt8], name: String, number: Int = 0) {
    self.init(parsing: bytes.span, name: name, number: number)
  }

  private mutating func readLines(of bytes: Span<UInt8>, by parser: LineParser) {
    var parser = parser
    var problems: [LineProblem] = []
    var reportedReturn = false
    var number = 0
    var start = skipByteOrderMark(of: bytes)
    while start < bytes.count {
      number += 1
      let end = LineText.end(from: start, in: bytes)
      var line = bytes.extracting(start..<end.position)
      start = end.position + 1

      // One error, not one per line: every line of such a file ends in CR LF.
      if !end.isPlain, line[line.count - 1] == LineText.carriageReturn {
        line = line.extracting(..<(line.count - 1))
        if !reportedReturn {
          report(LineProblem(at: line.count, TokenFile.carriageReturnMessage), line: number)
        }
        reportedReturn = true
      }
      if let token = token(
        in: line, isPlain: end.isPlain, number: number, parser: &parser, problems: &problems)
      {
        tokens.append(token)
      }
      guard !problems.isEmpty else { continue }
      for problem in problems { report(problem, line: number) }
      problems.removeAll(keepingCapacity: true)
      guard issues.count < TokenFile.maximumIssues else {
        report(
          LineProblem(ofWholeLine: "too many errors; the rest of the file was not read"), line: number + 1)
        return
      }
    }
  }

  private func token(
    in line: Span<UInt8>, isPlain: Bool, number: Int, parser: inout LineParser, problems: inout [LineProblem]
  ) -> Token? {
    do throws(LineProblem) {
      guard line.count <= LineText.maximumLength else {
        throw LineProblem(
          at: LineText.maximumLength, "longer than 64 KiB; split the line's lists over two tokens")
      }
      if !isPlain { try LineText.check(line) }
      return parser.token(in: line, number: number, problems: &problems)
    } catch {
      problems.append(error)
      return nil
    }
  }

  /// The mark would become part of the first application's name.
  private mutating func skipByteOrderMark(of bytes: Span<UInt8>) -> Int {
    guard bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf else { return 0 }
    report(LineProblem(at: 0, #"a byte order mark; remove it: sed -i '1s/^\xef\xbb\xbf//' FILE"#), line: 1)
    return 3
  }

  private mutating func report(_ problem: LineProblem, line: Int) {
    issues.append(
      TokenFileIssue(
        file: name, line: line, column: problem.column, severity: problem.severity, message: problem.message))
  }

  /// The maximum number of tokens: one per line, and no line is shorter than a name, a blank and a hash.
  static func lineCount(of bytes: Span<UInt8>) -> Int {
    min(bytes.occurrences(of: LineText.newline) + 1, bytes.count / 73 + 1)
  }

  // An error, not accepted: the editor would have to keep two kinds of line end, and a program that changed the
  // line ends may have changed more.
  private static let carriageReturnMessage = #"lines end in CR LF; convert to LF: sed -i 's/\r$//' FILE"#
}

extension TokenFile {
  /// An upper bound, in bytes, on the memory for parsing this text and making a policy of it, for any content.
  /// With files designed to need much memory, at most about two thirds of it was measured.
  ///
  /// A failed allocation ends the process, so this is checked first if memory is limited.
  package static func memoryNeeded(parsing bytes: Span<UInt8>) -> Int {
    (16 << 20) + bytes.count * 4 + lineCount(of: bytes) * 320 + bytes.occurrences(of: UInt8(ascii: ",")) * 128
  }
}

/// An error or warning in a token file, with the place and the fix. Its text never repeats a value from the
/// file that could be a secret.
package struct TokenFileIssue: Error, Equatable, Sendable {
  /// Whether the file can still be used.
  package enum Severity: String, Sendable {
    /// The file is used.
    case warning
    /// The file is not used.
    case error
  }

  /// The file's name as given to the parser.
  package var file: String
  /// From 1; 0 for the whole file.
  package var line: Int
  /// In bytes, from 1; 0 for the whole line.
  package var column: Int
  /// Whether it stops the load.
  package var severity: Severity
  /// The error, and what to write instead.
  package var message: String

  /// An issue of the whole file by default.
  package init(file: String, line: Int = 0, column: Int = 0, severity: Severity = .error, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.severity = severity
    self.message = message
  }
}

extension TokenFileIssue: CustomStringConvertible {
  /// `tokens:7:22: error: unknown option "scope" (did you mean "scopes"?)`
  package var description: String {
    // Anyone who may write to the directory names its files.
    let file = file.printable
    let place = line == 0 ? file : column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
    return "\(place): \(severity.rawValue): \(message.printable)"
  }
}

/// Two tokens that contradict each other. The parser does not choose between them.
package struct Duplicate: Sendable {
  /// What the two share.
  package enum Kind: Sendable {
    /// The same secret twice: its application would depend on the order of lines.
    case hash
    /// The same key id twice in one application: a log could not tell them apart.
    case key
  }

  /// What the two share.
  package let kind: Kind
  /// Both are indices into the tokens that were searched.
  package let earlier: Int
  /// The one that is reported.
  package let later: Int
  private let first: Token

  /// The message about the later one.
  /// - Parameter place: describes the place of a token: `line 3`.
  package func message(place: (Token) -> String) -> String {
    switch kind {
    case .hash: "the same hash is already on \(place(first)); remove one of them"
    case .key:
      "\(first.application) already has a key \(first.key ?? "") on \(place(first)); choose another id="
    }
  }

  /// After this many of a kind the search stops: the file is not used anyway.
  package static let maximum = 1000

  /// The duplicates among `tokens`, up to `maximum` of each kind.
  package static func all(in tokens: [Token]) -> [Duplicate] {
    equalHashes(in: tokens) + equalKeys(in: tokens)
  }

  private static func equalHashes(in tokens: [Token]) -> [Duplicate] {
    var table = SlotTable(capacity: tokens.count)
    var found: [Duplicate] = []
    for later in tokens.indices where found.count < maximum {
      let hash = tokens[later].digest.position
      if let earlier = table.insert(later, at: hash, where: { tokens[$0].digest == tokens[later].digest }) {
        found.append(Duplicate(kind: .hash, earlier: earlier, later: later, first: tokens[earlier]))
      }
    }
    return found
  }

  private static func equalKeys(in tokens: [Token]) -> [Duplicate] {
    // All hashes first: with a million tokens the table does not fit the cache, and the processor fetches
    // several slots at once only if there is little to compute in between.
    let hashes = tokens.indices.map { keyHash(of: tokens[$0]) }
    var table = SlotTable(capacity: tokens.count)
    var found: [Duplicate] = []
    for later in tokens.indices where found.count < maximum {
      guard let hash = hashes[later] else { continue }
      let isSame = {
        tokens[$0].key == tokens[later].key && tokens[$0].application == tokens[later].application
      }
      if let earlier = table.insert(later, at: hash, where: isSame) {
        found.append(Duplicate(kind: .key, earlier: earlier, later: later, first: tokens[earlier]))
      }
    }
    return found
  }

  private static func keyHash(of token: Token) -> UInt64? {
    guard let key = token.key else { return nil }
    var hasher = Hasher()
    hasher.combine(token.application)
    hasher.combine(key)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}
