/// The text of one token file, read to its end: every token, and everything that is wrong.
///
/// A file with an error must not be used, not even its good tokens: nobody knows what the bad line restricted.
package struct TokenFile: Sendable {
  /// In the order of the file.
  package private(set) var tokens: [Token] = []

  /// In the order of the file; no more than `maximumIssues` and one that says so.
  package private(set) var issues: [TokenFileIssue] = []

  /// After so many issues the rest of the file is not read.
  package static let maximumIssues = 1000

  /// Whether no issue is an error.
  package var isUsable: Bool { issues.allSatisfy { $0.severity == .warning } }

  private let name: String

  /// Reads the bytes of a file.
  /// - Parameters:
  ///   - name: what issues call the file.
  ///   - number: which of several files it is; `Token.file` of its tokens.
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

  /// Reads the bytes of a file.
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

      // One complaint, not one a line: every line of such a file ends so.
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

  /// A mark would become part of the first application's name.
  private mutating func skipByteOrderMark(of bytes: Span<UInt8>) -> Int {
    guard bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf else { return 0 }
    report(LineProblem(at: 0, #"a byte order mark; take it out: sed -i '1s/^\xef\xbb\xbf//' FILE"#), line: 1)
    return 3
  }

  private mutating func report(_ problem: LineProblem, line: Int) {
    issues.append(
      TokenFileIssue(
        file: name, line: line, column: problem.column, severity: problem.severity, message: problem.message))
  }

  /// How many tokens there can be: a line for each, and none is shorter than a name, a blank and a hash.
  static func lineCount(of bytes: Span<UInt8>) -> Int {
    var count = 1
    for index in bytes.indices where bytes[index] == LineText.newline { count += 1 }
    return min(count, bytes.count / 73 + 1)
  }

  // Refused, not taken: the editor would have to keep two kinds of line end, and a file that went through
  // a program that changes its line ends may have been changed otherwise.
  private static let carriageReturnMessage = #"lines end in CR LF; make that LF: sed -i 's/\r$//' FILE"#
}

extension TokenFile {
  /// More bytes than reading this text and making a policy of it take, whatever the text says. With files made to
  /// be large in memory the most that was seen is about two thirds of it.
  ///
  /// There is no way back from an allocation that fails, so whoever has little memory asks first.
  package static func memoryNeeded(parsing bytes: Span<UInt8>) -> Int {
    var items = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: ",") { items += 1 }
    return (16 << 20) + bytes.count * 4 + lineCount(of: bytes) * 320 + items * 128
  }
}

/// Something in a token file that an administrator must know, with the place and the fix. Its text never repeats
/// a value from the file that could be a secret.
package struct TokenFileIssue: Error, Equatable, Sendable {
  /// Whether the file can be used all the same.
  package enum Severity: String, Sendable {
    /// Tell, and go on.
    case warning
    /// The file is not used.
    case error
  }

  /// The file as it was named to the parser.
  package var file: String
  /// From 1; 0 where the file as a whole is meant.
  package var line: Int
  /// In bytes, from 1; 0 where the line as a whole is meant.
  package var column: Int
  /// Whether it stops the load.
  package var severity: Severity
  /// What is wrong, and what to write instead.
  package var message: String

  /// An issue of the whole file where line and column are left out.
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
    // Anybody who may write to the directory names its files.
    let file = file.printable
    let place = line == 0 ? file : column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
    return "\(place): \(severity.rawValue): \(message.printable)"
  }
}

/// Two tokens that cannot both be meant. Which of them would decide is not for the parser to choose.
package struct Duplicate: Sendable {
  /// What they share.
  package enum Kind: Sendable {
    /// The same secret twice: whose it is would depend on the order of lines.
    case hash
    /// The same key id twice in one application: nobody could tell them apart in a log.
    case key
  }

  /// What they share.
  package let kind: Kind
  /// Both as indices into the tokens that were searched.
  package let earlier: Int
  /// The one to complain about.
  package let later: Int
  private let first: Token

  /// What to tell the administrator about the later one.
  /// - Parameter place: says where a token stands: `line 3`.
  package func message(place: (Token) -> String) -> String {
    switch kind {
    case .hash: "the same hash stands on \(place(first)) already; remove one of them"
    case .key:
      "\(first.application) has a key \(first.key ?? "") on \(place(first)) already; choose another id="
    }
  }

  /// After so many of a kind the rest is not searched: the file is not used anyway.
  package static let maximum = 1000

  /// The duplicates among `tokens`: all of them where there are not too many.
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
    // All hashes first: with a million tokens the table is out of the cache, and the processor can wait for many
    // slots at once only where it need not compute in between.
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
