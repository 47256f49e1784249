import Testing

@testable import FastCGI

@Suite("The gate")
struct GateTests {
  private func verdict(_ bytes: [UInt8], late: UInt16? = nil) -> Gate.Verdict {
    var gate = Gate(names: testNames, lateStdin: late)
    return gate.examine(bytes.span)
  }

  @Test("A Responder request is whole at its empty STDIN")
  func responder() {
    let head = begin(flags: 1) + params(pair("A", "b"))
    let bytes = head + stdin()
    #expect(
      verdict(bytes)
        == .complete(
          .init(id: 1, role: .responder, keepsConnection: true, headLength: head.count, length: bytes.count)))
  }

  @Test("A Responder's body is passed over")
  func body() {
    let head = begin() + params(pair("A", "b"))
    let bytes = head + stdin([1, 2, 3], [UInt8](repeating: 7, count: 60_000))
    #expect(
      verdict(bytes)
        == .complete(
          .init(id: 1, role: .responder, keepsConnection: false, headLength: head.count, length: bytes.count))
    )
  }

  @Test(
    "An Authorizer request is whole at its empty PARAMS, with all, a part or none of an empty STDIN",
    arguments: 0...8)
  func authorizer(visible: Int) {
    let head = begin(role: 2) + params(pair("A", "b"))
    let bytes = head + stdin().prefix(visible)
    #expect(
      verdict(bytes)
        == .complete(
          .init(
            id: 1, role: .authorizer, keepsConnection: false, headLength: head.count,
            length: visible == 8 ? bytes.count : head.count)))
  }

  @Test("A whole request cut anywhere is incomplete")
  func prefixes() {
    let bytes =
      begin() + params(pair("A", "b"), pair("LONG", String(repeating: "x", count: 300))) + stdin([1, 2])
    for length in bytes.indices { #expect(verdict(Array(bytes[..<length])) == .incomplete) }
  }

  @Test("Bytes that come one by one have the verdict of all at once")
  func incremental() {
    let bytes = begin() + params(pair("A", "b"), pair("C", "d")) + stdin()
    var gate = Gate(names: testNames)
    for length in 1..<bytes.count {
      let verdict = gate.examine(bytes.span.extracting(..<length))
      #expect(verdict == .incomplete)
    }
    let last = gate.examine(bytes.span)
    #expect(last == verdict(bytes))
  }

  @Test("Pairs may cross records")
  func crossing() {
    let pairs = pair("HTTP_AUTHORIZATION", "Bearer x") + pair("B", "c")
    for cut in 1..<pairs.count {
      let bytes = begin() + params(Array(pairs[..<cut]), Array(pairs[cut...])) + stdin()
      guard case .complete = verdict(bytes) else {
        Issue.record("cut at \(cut): \(verdict(bytes))")
        continue
      }
    }
  }

  /// Bytes that are refused. A failure shows the name, and not megabytes.
  struct Refused: CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var rejection: Rejection

    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ rejection: Rejection) {
      self.name = name
      self.bytes = bytes
      self.rejection = rejection
    }
  }

  static let refused: [Refused] = [
    .init("plain HTTP", Array("GET / HTTP/1.1\r\n\r\n".utf8), .wrongVersion),
    .init("zeros", [UInt8](repeating: 0, count: 64), .wrongVersion),
    .init("BEGIN of version 2", record(1, [0, 1, 0, 0, 0, 0, 0, 0], version: 2), .wrongVersion),
    .init("PARAMS of version 0", begin() + record(4, version: 0), .wrongVersion),
    .init("STDIN of version 0", begin() + params(pair("A", "b")) + record(5, version: 0), .wrongVersion),
    .init("BEGIN with id 0", begin(id: 0), .nullRequestID),
    .init("BEGIN with 7 bytes", record(1, [0, 1, 0, 0, 0, 0, 0]), .wrongLength),
    .init("BEGIN with 9 bytes", record(1, [0, 1, 0, 0, 0, 0, 0, 0, 0]), .wrongLength),
    .init(
      "BEGIN with padding", record(1, [0, 1, 0, 0, 0, 0, 0, 0], padding: 8) + params(pair("A", "b")),
      .wrongLength),
    .init("FILTER", begin(role: 3), .unknownRole),
    .init("role 0", begin(role: 0), .unknownRole),
    .init("role 0x0101", begin(role: 0x0101), .unknownRole),
    .init("PARAMS first", params(pair("A", "b")), .unexpectedRecord),
    .init("STDIN first", stdin(), .unexpectedRecord),
    .init("a second BEGIN", begin() + begin(), .unexpectedRecord),
    .init("a second BEGIN of another id", begin() + begin(id: 2), .unexpectedRecord),
    .init("BEGIN inside STDIN", begin() + params() + begin(), .unexpectedRecord),
    .init("ABORT first", record(2), .unexpectedRecord),
    .init("ABORT in PARAMS", begin() + record(2), .unexpectedRecord),
    .init("ABORT after some PARAMS", begin() + record(4, pair("A", "b")) + record(2), .unexpectedRecord),
    .init("ABORT after some STDIN", begin() + params() + record(5, [1]) + record(2), .unexpectedRecord),
    .init("ABORT of another id", begin() + record(2, id: 2), .unexpectedRecord),
    .init("no end of PARAMS", begin() + record(4, pair("A", "b")) + stdin(), .unexpectedRecord),
    .init("no end of STDIN", begin() + params() + record(5, [1]) + begin(), .unexpectedRecord),
    .init("ABORT in STDIN", begin() + params() + record(2), .unexpectedRecord),
    .init("DATA", begin() + params() + record(8), .unexpectedRecord),
    .init("PARAMS after the empty one", begin() + params() + record(4, pair("A", "b")), .unexpectedRecord),
    .init("STDIN inside PARAMS", begin() + record(5), .unexpectedRecord),
    .init(
      "an unknown type with id 0", begin() + record(99, id: 0, pair("HTTP_AUTHORIZATION", "x")),
      .unexpectedRecord
    ),
    .init(
      "an unknown type with our id", begin() + record(99, pair("HTTP_AUTHORIZATION", "x")), .unexpectedRecord),
    .init("GET_VALUES in PARAMS", begin() + record(9, id: 0), .unexpectedRecord),
    .init("GET_VALUES in STDIN", begin() + params() + record(9, id: 0), .unexpectedRecord),
    .init("GET_VALUES with an id", record(9, id: 1), .otherRequestID),
    .init("PARAMS of another id", begin() + record(4, id: 2, pair("A", "b")), .otherRequestID),
    .init("an empty PARAMS of another id", begin() + record(4, id: 2), .otherRequestID),
    .init("STDIN of another id", begin() + params() + record(5, id: 2), .otherRequestID),
    .init("a padded empty PARAMS", begin() + record(4, padding: 8), .paddedEmptyRecord),
    .init("a padded empty STDIN", begin() + params() + record(5, padding: 1), .paddedEmptyRecord),
    .init("a second request", goodRequest + goodRequest, .bytesAfterTheEnd),
    .init("one byte after the end", goodRequest + [0], .bytesAfterTheEnd),
    .init("an Authorizer's body", begin(role: 2) + params() + record(5, [1]), .bytesAfterTheEnd),
    .init("an Authorizer's second request", begin(role: 2) + params() + begin(role: 2), .bytesAfterTheEnd),
    .init("NUL in a value", begin() + params(pair("A", "b\0c")) + stdin(), .nulByte),
    .init("NUL in a name", begin() + params(pair("A\0B", "c")) + stdin(), .nulByte),
    .init("= in a name", begin() + params(pair("HTTP_AUTHORIZATION=Bearer x;", "y")), .equalsInName),
    .init(
      "two HTTP_AUTHORIZATION",
      begin() + params(pair("HTTP_AUTHORIZATION", "a"), pair("HTTP_AUTHORIZATION", "a")), .duplicateParameter
    ),
    .init(
      "two BEARERD_SCOPE, in two records",
      begin() + params(pair("BEARERD_SCOPE", "a") + pair("X", "y"), pair("BEARERD_SCOPE", "b")),
      .duplicateParameter
    ),
    .init("lengths 7ffffffe and 0", begin() + params([0xff, 0xff, 0xff, 0xfe, 0]), .brokenPair),
    .init(
      "lengths 7ffffffe twice", begin() + params([0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe]),
      .brokenPair
    ),
    .init(
      "length 7fffffff", begin() + params([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), .brokenPair),
    .init("length 40000000", begin() + params([0xc0, 0, 0, 0, 0xc0, 0, 0, 0]), .brokenPair),
    .init("a name longer than its record", begin() + params([4, 0] + Array("abc".utf8)), .brokenPair),
    .init("a length cut short", begin() + params([1, 0x80, 0]), .brokenPair),
    .init("a name's length alone", begin() + params([1]), .brokenPair),
    .init(
      "200,000 parameters",
      begin() + (0..<8).flatMap { _ in record(4, [UInt8](repeating: 0, count: 50_000)) }, .headTooLong
    ),
    .init(
      "4 MiB of PARAMS",
      begin() + (0..<64).flatMap { _ in record(4, [UInt8](repeating: 65, count: 65_535)) }, .headTooLong
    ),
    .init(
      "65 KiB of body", begin() + params() + record(5, [UInt8](repeating: 0, count: 65_535)), .bodyTooLong),
  ]

  @Test("What is no single, whole request of the one shape is refused", arguments: refused)
  func refuses(refused: Refused) {
    #expect(verdict(refused.bytes) == .reject(refused.rejection))
  }

  @Test("A rejection does not wait for a record's content")
  func early() {
    #expect(verdict(Array(record(4, pair("A", "b")).prefix(8))) == .reject(.unexpectedRecord))
  }

  @Test("Parameters that nobody reads may repeat, as nginx lets an administrator write them")
  func repeated() {
    guard case .complete = verdict(begin() + params(pair("X", "1") + pair("X", "2")) + stdin()) else {
      Issue.record("refused")
      return
    }
  }

  @Test("GET_VALUES before a request is handed out, padding included")
  func management() {
    let bytes = record(9, id: 0, pair("FCGI_MAX_CONNS", ""), padding: 7)
    #expect(verdict(bytes + goodRequest) == .management(length: bytes.count))
    #expect(verdict(Array(bytes.dropLast())) == .incomplete)
  }

  @Test("The empty STDIN of the Authorizer request before is passed over, once its id is known")
  func late() {
    #expect(verdict(stdin(id: 7) + goodRequest, late: 7) == .late(length: 8))
    #expect(verdict(stdin(id: 8), late: 7) == .reject(.unexpectedRecord))
    #expect(verdict(record(5, id: 7, [1]), late: 7) == .reject(.unexpectedRecord))
  }
}
