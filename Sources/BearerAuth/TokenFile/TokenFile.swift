/// The text of one token file, read to its end: every token, and everything that is wrong.
///
/// A file with an error must not be used, not even its good tokens: nobody knows what the bad line restricted.
public struct TokenFile: Sendable {
  /// In the order of the file.
  public private(set) var tokens: [Token] = []

  /// In the order of the file; no more than `maximumIssues` and one that says so.
  public private(set) var issues: [TokenFileIssue] = []

  /// After so many issues the rest of the file is not read.
  public static let maximumIssues = 1000

  /// Whether no issue is an error.
  public var isUsable: Bool { issues.allSatisfy { $0.severity == .warning } }

  private let name: String

  /// Reads the bytes of a file.
  /// - Parameters:
  ///   - name: what issues call the file.
  ///   - number: which of several files it is; `Token.file` of its tokens.
  public init(parsing bytes: Span<UInt8>, name: String, number: Int = 0) {
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
  public init(parsing bytes: [UInt8], name: String, number: Int = 0) {
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
